/* The portal's templates and texts. */
#include "unit.h"

#include "portal/portal.h"
#include "portal/template.h"
#include "portal/words.h"

static struct arena arena;
static struct buf out;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    buf_init(&out);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    buf_free(&out);
    return 0;
}

/* The text number i of words_all; NULL if there is none. */
static const char *text_at(size_t i, int script)
{
    return words_all[i].text[script] != 0 ? words_texts + words_all[i].text[script] : NULL;
}

static void test_every_text_is_there_in_every_language(void **state)
{
    (void)state;
    assert_true(words_count > 10);
    for (size_t i = 0; i < words_count; i++) {
        const char *key = words_texts + words_all[i].key;
        for (int k = 0; k < SCRIPT_COUNT; k++) {
            assert_case(text_at(i, k) != NULL && text_at(i, k)[0] != '\0', "%s has no text in %s", key,
                        words_tag((enum script)k));
            assert_ptr_equal(words_find(key, strlen(key), (enum script)k), text_at(i, k));
        }
    }
}

/* {name}s of a text, sorted by nothing: each of one language has to stand in the others. */
static bool has_all_names(const char *text, const char *other)
{
    for (const char *p = text; (p = strchr(p, '{')) != NULL; p++) {
        const char *close = strchr(p, '}');
        char name[64];
        if (close == NULL || close - p > 60)
            return false;
        memcpy(name, p, (size_t)(close - p) + 1);
        name[close - p + 1] = '\0';
        if (strstr(other, name) == NULL)
            return false;
    }
    return true;
}

static void test_texts_have_the_same_values_in_every_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < words_count; i++)
        for (int a = 0; a < SCRIPT_COUNT; a++)
            for (int b = 0; b < SCRIPT_COUNT; b++)
                assert_case(text_at(i, a) == NULL || text_at(i, b) == NULL ||
                                has_all_names(text_at(i, a), text_at(i, b)),
                            "%s: %s has a {name} that %s lacks", words_texts + words_all[i].key,
                            words_tag((enum script)a), words_tag((enum script)b));
}

/* Every key that a template names is a text: "{{t login.title}}". */
static void test_templates_name_texts_that_are_there(void **state)
{
    (void)state;
    for (const struct template_file *f = template_files; f->text != NULL; f++) {
        for (const char *p = f->text; (p = strstr(p, "{{t ")) != NULL; p++) {
            const char *key = p + 4;
            size_t len = strcspn(key, "} ");
            assert_case(*key == '?' || words_find(key, len, SCRIPT_ENGLISH) != NULL, "%s.html: no text %.*s",
                        f->name, (int)len, key);
        }
    }
}

static void test_every_page_can_be_shown_with_nothing(void **state)
{
    (void)state;
    for (const struct template_file *f = template_files; f->text != NULL; f++) {
        struct view *v = view_new(&arena);
        buf_clear(&out);
        if (strstr(f->text, "{{>content}}") != NULL)
            continue; /* a layout */
        enum err e = template_render(f->name, SCRIPT_SIMPLIFIED, "", v, &out);
        assert_case(e == ERR_OK, "%s.html: %s", f->name, err_info(e)->name);
    }
}

static void test_templates_do_what_their_syntax_says(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a {{name}} b", "a &lt;x&gt; b"},
        {"{{ name }}{{none}}", "&lt;x&gt;"},
        {"{{markup}}", "<svg/>"},
        {"{{#yes}}A{{/yes}}{{#no}}B{{/no}}{{^no}}C{{/no}}{{^yes}}D{{/yes}}", "AC"},
        {"{{#none}}{{#yes}}A{{/yes}}{{/none}}{{^none}}B{{/none}}", "B"},
        {"{{#map}}{{inner}}{{name}}{{/map}} {{map.inner}} {{map.name}}", "in&lt;x&gt; in "},
        {"{{#list}}{{n}}{{#name}}={{.}}{{/name}};{{/list}}", "1=&lt;x&gt;;2=own;"},
        {"{{#list}}{{#empty}}E{{/empty}}{{/list}}{{^list}}none{{/list}}", ""},
        {"{{#map.inner}}[{{.}}]{{/map.inner}}", "[in]"},
        {"x\n  {{#yes}}\n  y\n  {{/yes}}\nz\n", "x\n  y\nz\n"},
        {"x {{! a remark }} y\n{{! alone }}\nz", "x  y\nz"},
        {"<a href=\"{{u /a/b}}\">", "<a href=\"/mount/a/b\">"},
        {"{{t time.hours}}", "7 hours"},
        {"{{t ?key}} {{t ?name}}", "7 hours &lt;x&gt;"},
    };
    static const char *const broken[] = {"{{#yes}}", "{{/yes}}", "{{#yes}}{{/no}}", "{{name", "{{>nothing}}"};
    struct view *v = view_new(&arena), *item;
    struct buf svg;
    buf_init(&svg);
    buf_add_str(&svg, "<svg/>");
    view_text(v, "name", "<x>");
    view_markup(v, "markup", &svg);
    buf_free(&svg);
    view_flag(v, "yes", true);
    view_flag(v, "no", false);
    view_number(v, "n", 7);
    view_text(v, "key", "time.hours");
    view_text(view_map(v, "map"), "inner", "in");
    item = view_item(v, "list");
    view_number(item, "n", 1);
    item = view_item(v, "list");
    view_number(item, "n", 2);
    view_text(item, "name", "own");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&out);
        assert_err(template_expand(cases[i].text, SCRIPT_ENGLISH, "/mount", v, &out), ERR_OK);
        assert_case(strcmp(buf_str(&out), cases[i].expected) == 0, "%s gives %s", cases[i].text,
                    buf_str(&out));
    }
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        assert_case(template_expand(broken[i], SCRIPT_ENGLISH, "", v, &out) == ERR_INTERNAL, "%s", broken[i]);
}

static void test_a_full_arena_is_noticed(void **state)
{
    (void)state;
    struct arena small;
    arena_init(&small, 600);
    struct view *v = view_new(&small);
    for (int i = 0; i < 100; i++)
        view_textf(view_item(v, "list"), "n", "%d", i);
    assert_err(template_expand("x", SCRIPT_ENGLISH, "", v, &out), ERR_MEMORY);
    view_text(NULL, "n", "x"); /* as view_item returns it then */
    view_textf(v, arena_printf(&small, "%s_iso", "a name that finds no room"), "x");
    arena_fini(&small);
}

static void test_a_name_that_found_no_room_is_noticed(void **state)
{
    (void)state;
    struct view *v = view_new(&arena);
    view_text(v, NULL, "x");
    assert_err(template_expand("x", SCRIPT_ENGLISH, "", v, &out), ERR_MEMORY);
}

/* A file comes to administrators only, whatever else a page needs. */
static void test_which_pages_take_files(void **state)
{
    (void)state;
    size_t taking = 0;
    for (size_t i = 0; i < portal.count; i++) {
        unsigned needs =
            portal.routes[i].handler == page_run ? portal_row(&portal.routes[i])->needs : PAGE_OPEN;
        bool takes = (portal.routes[i].flags & ROUTE_UPLOAD) != 0;
        taking += takes;
        assert_case(!takes || (needs & (PAGE_ADMIN | PAGE_FORM | PAGE_FIRST)) == (PAGE_ADMIN | PAGE_FORM),
                    "%s", portal.routes[i].pattern);
    }
    assert_true(taking > 0);
}

static void test_values_are_escaped(void **state)
{
    (void)state;
    template_escape("<a href=\"x\" title='y'>&amp;</a>\xE9\x97\xA8", &out);
    assert_string_equal(buf_str(&out),
                        "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;\xE9\x97\xA8");
}

static void test_languages_are_negotiated(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum script script;
    } cases[] = {
        {"", SCRIPT_SIMPLIFIED},
        {"zh-CN,zh;q=0.9,en;q=0.8", SCRIPT_SIMPLIFIED},
        {"zh-TW,zh;q=0.9,en;q=0.8", SCRIPT_TRADITIONAL},
        {"zh-Hant-HK", SCRIPT_TRADITIONAL},
        {"en-GB,en;q=0.5", SCRIPT_ENGLISH},
        {"fr,de;q=0.9", SCRIPT_SIMPLIFIED},
        {"fr, en;q=0.3, zh-HK;q=0.7", SCRIPT_TRADITIONAL},
        {"en;q=0, zh-TW;q=0.001", SCRIPT_TRADITIONAL},
        {"english, zhongwen", SCRIPT_SIMPLIFIED},
        {";;;,,,=", SCRIPT_SIMPLIFIED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_case(words_negotiate(cases[i].accept) == cases[i].script, "%s", cases[i].accept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_text_is_there_in_every_language, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_have_the_same_values_in_every_language, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_templates_name_texts_that_are_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_page_can_be_shown_with_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_templates_do_what_their_syntax_says, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_arena_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_that_found_no_room_is_noticed, set_up, tear_down),
        cmocka_unit_test(test_which_pages_take_files),
        cmocka_unit_test_setup_teardown(test_values_are_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_languages_are_negotiated, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
