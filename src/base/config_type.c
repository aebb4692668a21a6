#include "base/config_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/codec.h"
#include "base/email.h"
#include "base/origin.h"

/* ---- Texts: what form they must have ------------------------------------------------------------------ */

/* Whether a remark seems to follow. There are none behind a value. */
static bool has_remark(const char *text)
{
    return strstr(text, " ;") != NULL || strstr(text, " #") != NULL;
}

static bool any_ok(const char *text)
{
    (void)text;
    return true;
}

static bool plain_ok(const char *text)
{
    return !has_remark(text);
}

static bool paths_ok(const char *list)
{
    if (*list == '\0')
        return false;
    while (*list != '\0') {
        size_t n = strcspn(list, ",");
        if (n == 0 || list[0] != '/' || (n > 1 && list[n - 1] == '/'))
            return false;
        for (size_t i = 0; i < n; i++)
            if (strchr("?#% {}", list[i]) != NULL || (list[i] == '.' && list[i - 1] == '/'))
                return false;
        list += n;
        if (*list == ',' && *++list == '\0')
            return false;
    }
    return true;
}

/* A path as it stands in an address, percent-encoded; not the start of another host's. */
static bool local_ok(const char *path)
{
    for (const char *p = path; *p != '\0'; p++)
        if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F || strchr("\"'<>\\;", *p) != NULL)
            return false;
    return path[0] == '\0' || (path[0] == '/' && path[1] != '/');
}

static bool colour_ok(const char *text)
{
    return text[0] == '\0' || codec_is_hex(text, 6);
}

static bool names_ok(const char *list)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,";
    size_t n = strlen(list);
    return n > 0 && strspn(list, word) == n && list[0] != ',' && list[n - 1] != ',' &&
           strstr(list, ",,") == NULL;
}

static bool name_ok(const char *name)
{
    return names_ok(name) && strchr(name, ',') == NULL;
}

static bool url_ok(const char *url)
{
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    size_t len = strlen(url);
    return len == 0 ||
           (scheme > 0 && len > scheme && url[len - 1] != '/' && strpbrk(url, " \"\\<>?#") == NULL);
}

static bool command_ok(const char *command)
{
    return command[0] == '\0' ||
           (command[0] == '/' && plain_ok(command) && strpbrk(command, "\"'\\`$|;&") == NULL);
}

static bool mailbox_ok(const char *mailbox)
{
    return mailbox[0] == '\0' || email_is_mailbox(mailbox, NULL, NULL, NULL);
}

/* ---- Values: from text, to text ----------------------------------------------------------------------- */

struct type_row {
    bool (*parse)(const struct setting *s, const char *text, void *at);
    void (*render)(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP]);
    bool (*form)(const char *text); /* of texts only */
    const char *expected;           /* NULL: what the bounds or the choices say */
};

static const struct type_row types[TYPE_COUNT];

static bool parse_text(const struct setting *s, const char *text, void *at)
{
    size_t len = strlen(text);
    if (len >= s->cap || !codec_utf8_valid(text, len) || !types[s->type].form(text))
        return false;
    memcpy(at, text, len + 1);
    return true;
}

/* The blanks around its parts fall out. */
static bool parse_list(const struct setting *s, const char *text, void *at)
{
    char packed[CONFIG_VALUE_CAP];
    size_t len = 0;
    for (const char *p = text; *p != '\0' && len < sizeof packed - 1; p++) {
        const char *next = p + strspn(p, " \t");
        bool at_end = *next == ',' || *next == '\0' || len == 0 || packed[len - 1] == ',';
        if (next > p && at_end)
            p = next - 1;
        else
            packed[len++] = *p;
    }
    packed[len] = '\0';
    return parse_text(s, packed, at);
}

static bool parse_int(const struct setting *s, const char *text, void *at)
{
    return codec_parse_int(text, s->min, s->max, at);
}

static bool parse_pixels(const struct setting *s, const char *text, void *at)
{
    int64_t number = 0;
    if (!codec_parse_int(text, s->min, s->max, &number))
        return false;
    *(int *)at = (int)number;
    return true;
}

static bool parse_bool(const struct setting *s, const char *text, void *at)
{
    (void)s;
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        return false;
    *(bool *)at = text[0] == 'y';
    return true;
}

static bool parse_choice(const struct setting *s, const char *text, void *at)
{
    for (int i = 0; s->choices[i] != NULL; i++) {
        if (strcmp(s->choices[i], text) == 0) {
            *(int *)at = i;
            return true;
        }
    }
    return false;
}

static bool parse_length(const struct setting *s, const char *text, void *at)
{
    char low[8];
    size_t n = strcspn(text, "-");
    int64_t min = 0, max = 0;
    if (n == 0 || n >= sizeof low)
        return false;
    memcpy(low, text, n);
    low[n] = '\0';
    if (!codec_parse_int(low, s->min, s->max, &min))
        return false;
    max = min;
    if (text[n] == '-' && !codec_parse_int(text + n + 1, min, s->max, &max))
        return false;
    ((int *)at)[0] = (int)min;
    ((int *)at)[1] = (int)max;
    return true;
}

static void render_text(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    memcpy(out, at, s->cap);
}

static void render_int(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    (void)s;
    snprintf(out, CONFIG_VALUE_CAP, "%" PRId64, *(const int64_t *)at);
}

static void render_pixels(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    (void)s;
    snprintf(out, CONFIG_VALUE_CAP, "%d", *(const int *)at);
}

static void render_bool(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    (void)s;
    snprintf(out, CONFIG_VALUE_CAP, "%s", *(const bool *)at ? "yes" : "no");
}

static void render_choice(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    int i = *(const int *)at;
    snprintf(out, CONFIG_VALUE_CAP, "%s", i < 0 ? "" : s->choices[i]);
}

static void render_length(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    const int *range = at;
    (void)s;
    snprintf(out, CONFIG_VALUE_CAP, range[0] == range[1] ? "%d" : "%d-%d", range[0], range[1]);
}

static const struct type_row types[TYPE_COUNT] = {
    [TYPE_TEXT] = {parse_text, render_text, any_ok, "UTF-8 text"},
    [TYPE_PLAIN] = {parse_text, render_text, plain_ok, "UTF-8 text without \" ;\" and \" #\""},
    [TYPE_PATHS] = {parse_list, render_text, paths_ok,
                    "a path or comma-separated paths such as /auth, without a final slash"},
    [TYPE_NAMES] = {parse_list, render_text, names_ok, "comma-separated words of letters, digits, - _ ."},
    [TYPE_NAME] = {parse_text, render_text, name_ok, "one word of letters, digits, - _ ."},
    [TYPE_RANGES] = {parse_text, render_text, address_list_ok,
                     "comma-separated addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32, or unix"},
    [TYPE_SITES] =
        {parse_text, render_text, origin_list_ok,
         "comma-separated origins as a browser sends them, such as https://app.example or "
         "http://localhost:8080: lower case, without a final slash, without :443 or :80; not * and "
         "not null"},
    [TYPE_LOCAL] = {parse_text, render_text, local_ok, "a path such as /logo.png, percent-encoded"},
    [TYPE_COLOUR] = {parse_text, render_text, colour_ok, "six hex digits such as 1d4ed8"},
    [TYPE_URL] = {parse_text, render_text, url_ok,
                  "https://HOST or http://HOST, with a path if need be, without a final slash"},
    [TYPE_INT] = {parse_int, render_int, NULL, NULL},
    [TYPE_PIXELS] = {parse_pixels, render_pixels, NULL, NULL},
    [TYPE_BOOL] = {parse_bool, render_bool, NULL, "yes or no"},
    [TYPE_CHOICE] = {parse_choice, render_choice, NULL, NULL},
    [TYPE_LENGTH] = {parse_length, render_length, NULL, "a length or a range such as 4-6"},
    [TYPE_COMMAND] = {parse_text, render_text, command_ok,
                      "the whole path of a program and its arguments, separated by blanks, such as "
                      "/usr/sbin/sendmail -t -i (there is no shell, and no quotes)"},
    [TYPE_MAILBOX] = {parse_text, render_text, mailbox_ok,
                      "an address such as noreply@example.com, or a name with one such as 门神 "
                      "<noreply@example.com>"},
};

bool config_type_parse(const struct setting *s, const char *text, void *at)
{
    return types[s->type].parse(s, text, at);
}

void config_type_render(const struct setting *s, const void *at, char out[CONFIG_VALUE_CAP])
{
    types[s->type].render(s, at, out);
}

void config_type_explain(const struct setting *s, const char *text, struct buf *why)
{
    const char *expected = types[s->type].expected;
    if (types[s->type].form != NULL && strlen(text) >= s->cap) {
        buf_addf(why, "[%s] %s: %zu bytes are too long; expected at most %zu", s->section, s->key,
                 strlen(text), s->cap - 1);
        return;
    }
    buf_addf(why, "[%s] %s = %s: expected ", s->section, s->key, text);
    if (expected != NULL)
        buf_add_str(why, expected);
    for (size_t i = 0; s->choices != NULL && s->choices[i] != NULL; i++)
        buf_addf(why, "%s%s", i > 0 ? ", " : "one of ", s->choices[i]);
    if (s->max != 0)
        buf_addf(why, "%s from %" PRId64 " to %" PRId64, expected != NULL ? "," : "a whole number", s->min,
                 s->max);
    if (has_remark(text))
        buf_add_str(why, "; a remark needs a line of its own");
}
