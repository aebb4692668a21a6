#include "base/passwd.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { LINE_CAP = 4096 };

/* The entry of `uid`; its texts are in `line`. A line that is longer ends the search. */
static bool find_entry(uid_t uid, struct passwd *out, char line[LINE_CAP])
{
    struct passwd *entry = NULL;
    FILE *f = fopen("/etc/passwd", "re");
    if (f == NULL)
        return false;
    while (fgetpwent_r(f, out, line, LINE_CAP, &entry) == 0 && entry != NULL && entry->pw_uid != uid)
        ;
    bool found = entry != NULL && entry->pw_uid == uid;
    fclose(f);
    return found;
}

static bool copy(const char *text, char *out, size_t cap)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len == 0 || len >= cap)
        return false;
    memcpy(out, text, len + 1);
    return true;
}

bool passwd_name(uid_t uid, char out[PASSWD_NAME_CAP])
{
    char line[LINE_CAP];
    struct passwd entry;
    return find_entry(uid, &entry, line) && copy(entry.pw_name, out, PASSWD_NAME_CAP);
}

bool passwd_home(uid_t uid, char out[PASSWD_HOME_CAP])
{
    char line[LINE_CAP];
    struct passwd entry;
    return find_entry(uid, &entry, line) && copy(entry.pw_dir, out, PASSWD_HOME_CAP);
}
