/*
 * Files of people: whatever stands in one, it is read or refused, and what was read is text. The first byte chooses
 * the format, the second the encoding.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "admin/encoding.h"
#include "admin/people.h"
#include "base/account.h"
#include "base/codec.h"
#include "crypto/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err person(void *ctx, const struct person *p)
{
    size_t *lines = ctx;
    char account[ACCOUNT_CAP], folded[ACCOUNT_FOLDED_CAP];
    assert(p->line >= 1 && p->line <= *lines);
    for (int i = 0; i < PEOPLE_COLUMNS; i++)
        assert(p->value[i] == NULL || codec_utf8_valid(p->value[i], strlen(p->value[i])));
    if (p->value[PEOPLE_ACCOUNT] != NULL && account_fault(p->value[PEOPLE_ACCOUNT]) == NULL) {
        assert(account_canonical(p->value[PEOPLE_ACCOUNT], account));
        assert(account_fold(account, folded));
    }
    if (p->value[PEOPLE_PASSWORD] != NULL)
        password_looks_like_verifier(p->value[PEOPLE_PASSWORD]);
    return ERR_OK;
}

static enum err fault(void *ctx, size_t line, const char *what)
{
    size_t *lines = ctx;
    assert(line >= 1 && line <= *lines && what[0] != '\0');
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text;
    struct arena arena;
    size_t line = 0, lines = 1;
    if (size < 2)
        return 0;
    buf_init(&text);
    arena_init(&arena, (size_t)64 << 20);
    encoding_is_doubtful(data + 2, size - 2);
    enum err e = encoding_to_utf8((enum encoding)(data[1] % ENCODINGS), data + 2, size - 2, &text, &line);
    assert(e != ERR_BAD_REQUEST || line >= 1);
    if (e == ERR_OK) {
        assert(codec_utf8_valid(buf_str(&text), text.len));
        for (size_t i = 0; i < text.len; i++)
            lines += text.data[i] == '\n';
        struct people_reader reader = {.person = person, .fault = fault, .ctx = &lines};
        people_read((enum people_format)(data[0] % PEOPLE_FORMATS), buf_str(&text), text.len, &arena,
                    &reader);
    }
    arena_fini(&arena);
    buf_free(&text);
    return 0;
}
