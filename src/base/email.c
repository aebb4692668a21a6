#include "base/email.h"

#include <string.h>

#include "base/codec.h"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

/* Parts of at least one of these characters, joined by single dots. */
static bool is_dotted(const char *text, size_t len, const char *characters, size_t part_max)
{
    size_t part = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_dot = text[i] == '.';
        if (is_dot ? part == 0 : text[i] == '\0' || strchr(characters, text[i]) == NULL || part == part_max)
            return false;
        part = is_dot ? 0 : part + 1;
    }
    return part > 0;
}

static bool is_host(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool at_edge = i == 0 || i == len - 1 || text[i - 1] == '.' || text[i + 1] == '.';
        if (text[i] == '-' && at_edge)
            return false;
    }
    return is_dotted(text, len, LETTERS DIGITS "-", LABEL_MAX);
}

bool email_is_address(const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);
    if (at == NULL || len > EMAIL_MAX || at - text > LOCAL_MAX)
        return false;
    size_t local = (size_t)(at - text);
    return is_dotted(text, local, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX) && text[0] != '-' &&
           is_host(at + 1, len - local - 1);
}

static bool is_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || strchr("\"<>\\", text[i]) != NULL)
            return false;
    return codec_utf8_valid(text, len);
}

bool email_is_mailbox(const char *text, size_t *name_len_out, const char **address_out,
                      size_t *address_len_out)
{
    size_t len = strlen(text), name_len = 0;
    const char *address = text, *open = strchr(text, '<');
    if (open != NULL && len > 0 && text[len - 1] == '>') {
        address = open + 1;
        name_len = (size_t)(open - text);
        while (name_len > 0 && text[name_len - 1] == ' ')
            name_len--;
        len -= (size_t)(address - text) + 1;
    }
    if (!is_name(text, name_len) || !email_is_address(address, len))
        return false;
    if (name_len_out != NULL)
        *name_len_out = name_len;
    if (address_out != NULL)
        *address_out = address;
    if (address_len_out != NULL)
        *address_len_out = len;
    return true;
}
