#include "portal/import_words.h"

#include <stdlib.h>
#include <string.h>

#include "admin/people.h"

/* How each begins, and the key of what is said instead. {n} in it is the first number, {x} the text in quotes or behind
 * a colon. */
static const struct {
    const char *begin, *key;
} words[] = {
    {"missing; a new account", "import.why.no_password"},
    {"missing", "import.why.missing"},
    {"no such tenant", "import.why.no_tenant"},
    {"expected yes or no", "import.why.yes_no"},
    {"expected Unix seconds", "import.why.time"},
    {"malformed", "import.why.verifier"},
    {"is no well-formed", "import.why.verifier"},
    {"costs too much to verify", "import.why.costly"},
    {"looks like a hash", "import.why.looks_hashed"},
    {"given beside password_hash", "import.why.two_passwords"},
    {"expected a whole number", "import.why.number"},
    {"the account has another one", "import.why.other_id"},
    {"another account has it", "import.why.taken_id"},
    {"there already", "import.why.exists"},
    {"no such group: ", "import.why.no_group"},
    {"stands in line ", "import.why.doubled"},
    {"too many passwords to hash", "import.why.many_passwords"},
    {"the value has a control character", "import.why.control"},
    {"a control character", "import.why.control"},
    {"the value has invalid UTF-8", "import.why.utf8"},
    {"invalid UTF-8", "import.why.utf8"},
    {"not UTF-8; if Excel", "import.why.encoding_unknown"},
    {"not UTF-8", "import.why.utf8"},
    {"longer than ", "import.why.long"},
    {"empty", "import.why.missing"},
    {"a blank at its begin", "import.why.blank"},
    {"a blank that is not", "import.why.blank"},
    {"an invisible character", "import.why.invisible"},
    {"fewer than ", "import.why.password_short"},
    {"more than ", "import.why.password_long"},
    {"one of the most common", "import.why.password_common"},
    {"the account's name", "import.why.password_account"},
    {"expected an e-mail address", "person.bad_email"},
    {"expected a telephone number", "person.bad_phone"},
    {"expected zh-Hans", "import.why.locale"},
    {"a quoted value that does not end", "import.why.open_quote"},
    {"something behind a closing quote", "import.why.quote"},
    {"a quote within a value", "import.why.quote"},
    {"more columns than any", "import.why.columns"},
    {"no header row", "import.why.no_header"},
    {"unknown column ", "import.why.unknown_column"},
    {"no column account", "import.why.no_account_column"},
    {"a value in column ", "import.why.unnamed_column"},
    {"column ", "import.why.column_twice"},
    {"not a JSON object", "import.why.json"},
    {"nested too deep", "import.why.json"},
    {"a NUL", "import.why.control"},
    {"a member stands there twice", "import.why.member_twice"},
    {"unknown member ", "import.why.unknown_column"},
    {"expected a string", "import.why.string"},
    {"no colon", "import.why.htpasswd"},
    {"a character that is not of the encoding", "import.why.not_encoded"},
    {"UTF-8 already", "import.why.utf8_already"},
    {"UTF-8 by accident", "import.why.encoding_unknown"},
};

const char *import_word_key(const char *what)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(what, words[i].begin, strlen(words[i].begin)) == 0)
            return words[i].key;
    /* "12 values, but the header row has 3 columns"; "x differs in case or width only from y; …". */
    if (strstr(what, " values, but the header row") != NULL)
        return "import.why.values";
    if (strstr(what, " differs in case or width only from ") != NULL)
        return "import.why.lookalike";
    return strstr(what, "; expected ") != NULL || strstr(what, "expected bcrypt") != NULL
               ? "import.why.verifier"
               : NULL;
}

/* Behind the name of a column and a colon, or the whole. */
static const char *behind_column(const char *what, size_t *column_len)
{
    *column_len = 0;
    for (int i = 0; i < PEOPLE_COLUMNS; i++) {
        const char *name = people_column_name((enum people_column)i);
        size_t len = strlen(name);
        if (strncmp(what, name, len) != 0 || strncmp(what + len, ": ", 2) != 0)
            continue;
        *column_len = len;
        return what + len + 2;
    }
    return what;
}

/* {n} and {x}. */
static void add_values(const struct page *p, struct view *v, const char *reason)
{
    const char *digit = strpbrk(reason, "0123456789"), *quote = strchr(reason, '"'),
               *colon = strstr(reason, ": ");
    const char *x = "";
    if (quote != NULL)
        x = arena_strndup(p->arena, quote + 1, strcspn(quote + 1, "\""));
    else if (colon != NULL)
        x = arena_strndup(p->arena, colon + 2, strcspn(colon + 2, ";"));
    else if (strncmp(reason, "column ", 7) == 0)
        x = arena_strndup(p->arena, reason + 7, strcspn(reason + 7, " "));
    view_number(v, "n", digit != NULL ? strtoll(digit, NULL, 10) : 0);
    view_text(v, "x", x);
}

const char *import_words(const struct page *p, const char *what)
{
    size_t column_len = 0;
    const char *reason = behind_column(what, &column_len);
    const char *key = import_word_key(reason);
    struct view *values = view_new(p->arena);
    if (key == NULL)
        return arena_strdup(p->arena, what);
    add_values(p, values, reason);
    const char *sentence = page_sentence(p, key, values);
    return column_len > 0 ? arena_printf(p->arena, "%.*s: %s", (int)column_len, what, sentence) : sentence;
}
