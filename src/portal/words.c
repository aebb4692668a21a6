#include "portal/words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *words_find(const char *key, size_t len, enum script script)
{
    size_t low = 0, high = words_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const char *at = words_texts + words_all[mid].key;
        int order = strncmp(key, at, len);
        if (order == 0 && at[len] == '\0')
            return words_all[mid].text[script] != 0 ? words_texts + words_all[mid].text[script] : NULL;
        if (order <= 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

static const char *const tags[SCRIPT_COUNT] = {
    [SCRIPT_SIMPLIFIED] = "zh-Hans",
    [SCRIPT_TRADITIONAL] = "zh-Hant",
    [SCRIPT_ENGLISH] = "en",
};

const char *words_tag(enum script script)
{
    return tags[script];
}

const char *words_name(enum script script)
{
    static const char *const names[SCRIPT_COUNT] = {
        [SCRIPT_SIMPLIFIED] = "简体中文",
        [SCRIPT_TRADITIONAL] = "繁體中文",
        [SCRIPT_ENGLISH] = "English",
    };
    return names[script];
}

bool words_of_tag(const char *tag, size_t len, enum script *out)
{
    /* The first that the tag begins with, as a whole subtag (RFC 4647 §3.4). */
    static const struct {
        const char *range;
        enum script script;
    } known[] = {
        {"zh-hant", SCRIPT_TRADITIONAL}, {"zh-tw", SCRIPT_TRADITIONAL}, {"zh-hk", SCRIPT_TRADITIONAL},
        {"zh-mo", SCRIPT_TRADITIONAL},   {"zh", SCRIPT_SIMPLIFIED},     {"en", SCRIPT_ENGLISH},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = strlen(known[i].range);
        if (len >= n && strncasecmp(tag, known[i].range, n) == 0 && (len == n || tag[n] == '-')) {
            *out = known[i].script;
            return true;
        }
    }
    return false;
}

/* The weight of an element, in thousandths: what follows ";q=". */
static int weight_of(const char *element, size_t len)
{
    const char *q = memchr(element, ';', len);
    const char *end = element + len;
    while (q != NULL && q < end && (*q == ';' || *q == ' '))
        q++;
    if (q == NULL || end - q < 3 || (*q != 'q' && *q != 'Q') || q[1] != '=')
        return 1000;
    int weight = q[2] == '1' ? 1000 : 0;
    for (int i = 0, unit = 100; weight < 1000 && q + 4 + i < end && i < 3; i++, unit /= 10)
        weight += q[4 + i] >= '0' && q[4 + i] <= '9' ? (q[4 + i] - '0') * unit : 0;
    return weight;
}

enum script words_negotiate(const char *accept_language)
{
    enum script best = SCRIPT_SIMPLIFIED, found;
    int best_weight = 0;
    for (const char *p = accept_language; *p != '\0';) {
        p += strspn(p, ", \t");
        size_t len = strcspn(p, ",");
        size_t tag_len = strcspn(p, ",; ");
        int weight = weight_of(p, len);
        if (words_of_tag(p, tag_len, &found) && weight > best_weight) {
            best = found;
            best_weight = weight;
        }
        p += len;
    }
    return best;
}
