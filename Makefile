# Menshen. `make` builds cgi-bin/menshen.fcgi; `make run` starts a demo site; `make test` runs every test.
# What is missing on this machine is installed first, from Debian's packages, and said aloud.
#
#   make                 the binary, linked statically, glibc included: it runs on any Linux of its processor
#   make SHARED=1        the same, linked dynamically, for distribution packagers
#   make run [PORT=8080] build, make a throw-away demo site under build/, serve it on 127.0.0.1
#   make test            unit, golden and end-to-end tests, under sanitizers
#   make pictures        the pictures of the manual, docs/portal, from the portal as it looks now
#   make bench           measure, beside yardsticks; make bench BASE=REVISION: beside that version, in the same run
#   make arm64           the same file for that processor, and a login with it under qemu; needs a network
#   make fuzz            libFuzzer over whole requests and configuration files
#   make install [DESTDIR=] [PREFIX=/usr/local]

ifeq ($(origin CC),default)
CC := gcc
endif
HOSTCC  ?= $(CC)# for what runs during the build
BUILD   := build
PORT    ?= 8080
PREFIX  ?= /usr/local
PYTHON  := /usr/bin/python3
VERSION := 0.1.0

# One short line per step; `make V=1` shows the commands.
ifdef V
say =
Q :=
else
say = @printf '  %-5s %s\n' '$(1)' '$(2)'
Q := @
endif

# No rules but these: make knows how to link src/portal/words out of words.c, which is a folder.
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.PHONY: all arm64 run test pictures bench fuzz install clean format check-format check-layers check-clang

all: cgi-bin/menshen.fcgi

# ---- What must be installed -----------------------------------------------------------------------------------
# A stamp per purpose, made anew when the list of packages changes.
$(BUILD)/deps-%: tools/install-deps tools/packages.txt tools/glyph-fonts.txt
	@mkdir -p $(BUILD)
	@tools/install-deps $*
	@touch $@
DEPS_BUILD := $(BUILD)/deps-build

# ---- Flags ----------------------------------------------------------------------------------------------------
CSTD     := -std=c17 -D_GNU_SOURCE -Isrc -DMENSHEN_VERSION='"$(VERSION)"'
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
            -Wcast-align -Wwrite-strings -Wvla -Wundef
HARDEN   := -fstack-protector-strong -fstack-clash-protection -fPIE
SECTIONS := -ffunction-sections -fdata-sections
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# FORTIFY wants optimisation and confuses ASan's interceptors, so only the release build has it.
CFLAGS_release := -O2 -g1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(HARDEN)
CFLAGS_asan    := -O1 -g $(SANITIZE) -fPIE

# libFuzzer is clang's.
CFLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fPIE
CC_release := $(CC)
CC_asan    := $(CC)
CC_fuzz    := clang

LINK_HARDEN  := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--gc-sections
LINK_release := -pie
LINK_asan    := -pie
LINK_fuzz    := -pie
LIBS_OWN    := -lgd -lpng -ljpeg -lfcgi -ljson-c -lsqlite3 -lcrypto -lcrypt -largon2 -lutf8proc -lz
LIBS_GLIBC  := -lm -ldl
ifdef SHARED
LIBS         := $(LIBS_OWN) $(LIBS_GLIBC)
LIBS_release := $(LIBS)
else
# Of the static libgd only the objects that are called are linked, so its 50 further libraries are not needed.
# What is sanitized keeps glibc dynamic: the sanitizers want that, and tests preload.
LIBS         := -Wl,-Bstatic $(LIBS_OWN) -Wl,-Bdynamic $(LIBS_GLIBC)
# The linker warns of what a static glibc needs its shared libraries for; base/static_libc.c stands in for that.
WITHOUT      := dlopen gethostbyname getaddrinfo
LINK_release := -static-pie -Wl,--fatal-warnings $(WITHOUT:%=-Wl,--wrap=%)
LIBS_release := $(LIBS_OWN) $(LIBS_GLIBC)
endif
LIBS_asan := $(LIBS)
LIBS_fuzz := $(LIBS)

# ---- Generated sources ----------------------------------------------------------------------------------------
GEN := $(addprefix $(BUILD)/gen/,schema.c sample.c glyph_data.c common_passwords.c encoding_data.c portal_data.c)

# A file as a C string: $(call embed,NAME) of the rule's first prerequisite.
embed = { echo 'extern const char $(1)[];'; echo 'const char $(1)[] = {'; \
          od -An -v -tx1 $< | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; echo '0};'; } > $@

$(BUILD)/gen/schema.c: schema.sql | $(DEPS_BUILD)
	@mkdir -p $(@D)
	@$(call embed,schema_sql)

$(BUILD)/gen/sample.c: cgi-bin/menshen.conf.sample | $(DEPS_BUILD)
	@mkdir -p $(@D)
	@$(call embed,sample_conf)

$(BUILD)/tools/glyphgen: tools/glyphgen.c src/captcha/glyphs.h src/captcha/chinese.h | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(CSTD) $(WARNINGS) -O2 $$(pkg-config --cflags freetype2) $< -o $@ $$(pkg-config --libs freetype2) -lm

$(BUILD)/gen/glyph_data.c: $(BUILD)/tools/glyphgen
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BUILD)/tools/glyphgen > $@

$(BUILD)/tools/commongen: tools/commongen.c src/auth/common_passwords.h | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(CSTD) $(WARNINGS) -O2 $< -o $@ -lcrypto

$(BUILD)/gen/common_passwords.c: src/auth/common_passwords.txt $(BUILD)/tools/commongen
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BUILD)/tools/commongen < $< > $@

$(BUILD)/tools/encgen: tools/encgen.c src/admin/encoding.h | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(CSTD) $(WARNINGS) -O2 $< -o $@

$(BUILD)/gen/encoding_data.c: $(BUILD)/tools/encgen
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BUILD)/tools/encgen > $@

$(BUILD)/tools/pagegen: tools/pagegen.c | $(DEPS_BUILD)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(HOSTCC) $(CSTD) $(WARNINGS) -O2 $< -o $@ -lcrypto

$(BUILD)/gen/portal_data.c: $(BUILD)/tools/pagegen src/portal/pages src/portal/words $(wildcard src/portal/pages/* src/portal/words/*)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BUILD)/tools/pagegen src/portal > $@

# ---- Objects, per variant -------------------------------------------------------------------------------------
SRC   := $(sort $(wildcard src/*.c src/*/*.c))
TESTS := $(sort $(wildcard tests/unit/test_*.c))

define variant
OBJ_$(1)  := $$(SRC:src/%.c=$$(BUILD)/$(1)/%.o) $$(GEN:$$(BUILD)/gen/%.c=$$(BUILD)/$(1)/gen/%.o)
CORE_$(1) := $$(filter-out $$(BUILD)/$(1)/main.o,$$(OBJ_$(1)))
$$(BUILD)/$(1)/%.o: src/%.c | $$(DEPS_BUILD)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC_$(1)) $$(CSTD) $$(WARNINGS) $$(CFLAGS_$(1)) $$(SECTIONS) $$(CFLAGS) -MMD -MP -c $$< -o $$@
$$(BUILD)/$(1)/gen/%.o: $$(BUILD)/gen/%.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$$(CC_$(1)) $$(CSTD) $$(WARNINGS) $$(CFLAGS_$(1)) $$(SECTIONS) $$(CFLAGS) -MMD -MP -c $$< -o $$@
$$(BUILD)/$(1)/menshen.fcgi: $$(OBJ_$(1))
	$$(call say,LD,$$@)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(CFLAGS) $$(LINK_$(1)) $$(LINK_HARDEN) $$(LDFLAGS) $$(OBJ_$(1)) -o $$@ $$(LIBS_$(1))
-include $$(OBJ_$(1):.o=.d)
endef
$(eval $(call variant,release))
$(eval $(call variant,asan))
$(eval $(call variant,fuzz))

# Where sanitizers report to: a folder of this tree's own that everybody may enter, as the user whom root runs workers as
# may not enter every tree.
REPORTS := /tmp/menshen-sanitizer-$(shell echo '$(CURDIR)' | cksum | cut -d ' ' -f 1)
$(BUILD)/asan/main.o: CSTD += -DMENSHEN_SANITIZED='"$(REPORTS)/report"'

# Switching SHARED or CC relinks: the file changes only when the settings do.
$(BUILD)/settings: FORCE
	@mkdir -p $(BUILD)
	@echo '$(CC) $(SHARED) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || echo '$(CC) $(SHARED) $(CFLAGS) $(LDFLAGS)' > $@
FORCE:
$(OBJ_release) $(OBJ_asan) $(BUILD)/release/menshen.fcgi: $(BUILD)/settings

cgi-bin/menshen.fcgi: $(BUILD)/release/menshen.fcgi
	@strip -o $@.new $< && mv $@.new $@
	@echo "built $@, $$(( $$(stat -c %s $@) / 1024 )) KiB"

# ---- Another processor ----------------------------------------------------------------------------------------
# Cross-compiled against Debian's packages for arm64, which are unpacked below build/, not installed.
ARM64 := $(BUILD)/arm64
$(ARM64)/root: tools/unpack-arm64 tools/packages.txt | $(BUILD)/deps-arm64 $(BUILD)/deps-test
	@mkdir -p $(@D)
	$(Q)tools/unpack-arm64 $@
	@touch $@
arm64: $(ARM64)/root
	@$(MAKE) --no-print-directory BUILD=$(ARM64) HOSTCC='$(CC)' \
	  CC='aarch64-linux-gnu-gcc --sysroot=$(CURDIR)/$(ARM64)/root' $(ARM64)/release/menshen.fcgi
	@aarch64-linux-gnu-strip -o $(ARM64)/menshen.fcgi $(ARM64)/release/menshen.fcgi
	@echo "built $(ARM64)/menshen.fcgi, $$(( $$(stat -c %s $(ARM64)/menshen.fcgi) / 1024 )) KiB"
	@MENSHEN_BIN=$(ARM64)/menshen.fcgi MENSHEN_EMULATOR=qemu-aarch64-static \
	  $(PYTHON) -m pytest -q -p no:cacheprovider tests/e2e/test_static.py

# ---- Independent clients ----------------------------------------------------------------------------------------
# npm libraries that the end-to-end tests talk to Menshen with; their exact versions are in package-lock.json.
$(BUILD)/node/installed: tests/e2e/node/package.json tests/e2e/node/package-lock.json | $(BUILD)/deps-test
	@mkdir -p $(@D)
	$(call say,NPM,$(@D))
	$(Q)cp tests/e2e/node/package*.json $(@D)/
	$(Q)cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# ---- Unit tests -----------------------------------------------------------------------------------------------
$(BUILD)/asan/tests/%: tests/unit/%.c $(CORE_asan) $(wildcard tests/unit/*.h) | $(BUILD)/deps-test
	@mkdir -p $(@D)
	$(call say,TEST,$@)
	$(Q)$(CC) $(CSTD) -Itests/unit $(WARNINGS) $(CFLAGS_asan) $(CFLAGS) $< $(CORE_asan) -o $@ -lcmocka $(LIBS)
UNIT := $(TESTS:tests/unit/%.c=$(BUILD)/asan/tests/%)

# The same sources through the other compiler: warnings are errors there too.
check-clang: | $(DEPS_BUILD) $(BUILD)/deps-test $(GEN)
	@for f in $(SRC) tools/glyphgen.c tools/commongen.c tools/encgen.c tools/pagegen.c; do \
	  clang $(CSTD) $(WARNINGS) $$(pkg-config --cflags freetype2) -fsyntax-only $$f || exit 1; done

# ---- Fuzzing --------------------------------------------------------------------------------------------------
# make fuzz [SECONDS=60]: every tests/fuzz/fuzz_X.c for that long, from the seeds in tests/fuzz/X and what earlier
# runs found.
SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(CORE_fuzz)
	$(call say,LD,$@)
	$(Q)clang $(CSTD) $(WARNINGS) -O1 -g -fsanitize=fuzzer,address,undefined $< $(CORE_fuzz) -o $@ $(LIBS)
fuzz: $(BUILD)/deps-fuzz $(FUZZ)
	@for f in $(FUZZ); do n=$${f##*/fuzz_}; mkdir -p $(BUILD)/fuzz/corpus/$$n; \
	  $$f -max_total_time=$(SECONDS) -max_len=70000 -timeout=10 -print_final_stats=1 -dict=tests/fuzz/dictionary \
	      -artifact_prefix=$(BUILD)/fuzz/ $(BUILD)/fuzz/corpus/$$n tests/fuzz/$$n || exit 1; done

# ---- Style ----------------------------------------------------------------------------------------------------
FORMATTED := $(wildcard src/*.[ch] src/*/*.[ch] tests/*/*.[ch] tools/*.[ch])
format:
	clang-format -i $(FORMATTED)
check-format: | $(BUILD)/deps-test
	@clang-format --dry-run --Werror $(FORMATTED)
check-layers:
	@tests/check_layers

# ---- What people call -----------------------------------------------------------------------------------------
run: cgi-bin/menshen.fcgi $(BUILD)/deps-run
	@PORT=$(PORT) tools/demo/run

test: $(BUILD)/deps-test cgi-bin/menshen.fcgi $(BUILD)/asan/menshen.fcgi $(BUILD)/node/installed $(UNIT)
	@$(PYTHON) tests/run_all.py $(REPORTS) $(UNIT)

# The pictures of the manual, as the portal looks now.
pictures: $(BUILD)/deps-test $(BUILD)/asan/menshen.fcgi
	$(Q)MENSHEN_PICTURES=docs/portal $(PYTHON) -m pytest -q -p no:cacheprovider tests/e2e/test_portal_pictures.py

bench: $(BUILD)/deps-bench cgi-bin/menshen.fcgi
	@BASE='$(BASE)' $(MAKE) --no-print-directory -C tests/bench

install: cgi-bin/menshen.fcgi
	install -D -m 755 cgi-bin/menshen.fcgi $(DESTDIR)$(PREFIX)/lib/cgi-bin/menshen.fcgi
	install -d $(DESTDIR)$(PREFIX)/bin
	ln -sf ../lib/cgi-bin/menshen.fcgi $(DESTDIR)$(PREFIX)/bin/menshen
	install -D -m 644 docs/man/menshen.1 $(DESTDIR)$(PREFIX)/share/man/man1/menshen.1
	install -D -m 644 docs/man/menshen.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/menshen.conf.5

clean:
	rm -rf $(BUILD) cgi-bin/menshen.fcgi
