#include "admin/handover.h"

#include <string.h>

#include "admin/users.h"
#include "base/random.h"

#define UPPER  "ABCDEFGHJKLMNPQRSTUVWXYZ"
#define LOWER  "abcdefghijkmnpqrstuvwxyz"
#define DIGITS "23456789"

enum { GROUP_LEN = 4, DRAWS_MAX = 100 };

/* Whether it has letters of both cases and a digit: the dashes are the fourth kind, so that no policy refuses it. */
static bool has_every_kind(const char *password)
{
    return strpbrk(password, UPPER) != NULL && strpbrk(password, LOWER) != NULL &&
           strpbrk(password, DIGITS) != NULL;
}

/* "Kx7m-…" */
static enum err draw(char out[HANDOVER_PASSWORD_CAP])
{
    for (int i = 0; i < DRAWS_MAX; i++) {
        enum err e = random_text(out, HANDOVER_PASSWORD_CAP - 1, UPPER LOWER DIGITS);
        for (size_t dash = GROUP_LEN; dash < HANDOVER_PASSWORD_CAP - 1; dash += GROUP_LEN + 1)
            out[dash] = '-';
        if (e != ERR_OK || has_every_kind(out))
            return e;
    }
    return ERR_RANDOM;
}

enum err handover_draw(struct app *app, char out[HANDOVER_PASSWORD_CAP], char hash_out[PASSWORD_HASH_CAP])
{
    enum err e = draw(out);
    if (e == ERR_OK)
        e = users_hash_password(app, out, strlen(out), hash_out);
    return e;
}

enum err handover_give(struct app *app, int64_t user_id, const char *hash, int64_t now_s, struct arena *arena)
{
    struct user u; /* as it is now: hashing took its time */
    enum err e = user_store_get(app->db, user_id, arena, &u);
    if (e == ERR_OK)
        e = users_set_password(app, &u, hash, now_s);
    if (e != ERR_OK)
        return e;
    u.password_expired = true;
    u.password_changed_s = now_s;
    return user_store_set(app->db, &u);
}
