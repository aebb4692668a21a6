#include "auth/link.h"

#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/random.h"
#include "base/secure.h"
#include "crypto/digest.h"
#include "store/link_store.h"

enum { SECRET_LEN = 16 };

enum err link_make(struct app *app, const char *purpose, int64_t user_id, const char *detail, int64_t ttl_s,
                   int64_t now_s, char secret_out[LINK_SECRET_CAP])
{
    unsigned char random[SECRET_LEN];
    struct link_row row = {.purpose = purpose,
                           .user_id = user_id,
                           .detail = detail,
                           .created_s = now_s,
                           .expires_s = now_s + ttl_s};
    enum err e = random_bytes(random, sizeof random);
    if (e == ERR_OK) {
        codec_hex(secret_out, random, sizeof random);
        e = digest_sha256(secret_out, LINK_SECRET_CAP - 1, row.secret_hash);
    }
    secure_wipe(random, sizeof random);
    if (e == ERR_OK)
        e = link_store_end_purpose(app->db, user_id, purpose);
    return e == ERR_OK ? link_store_put(app->db, &row) : e;
}

typedef enum err look(struct db *db, const unsigned char secret_hash[32], int64_t now_s, struct arena *arena,
                      struct link_row *out);

static enum err look_up(struct app *app, look *how, const char *secret, int64_t now_s, struct arena *arena,
                        struct link *out, struct user *user_out)
{
    unsigned char hash[DIGEST_SHA256_LEN];
    struct link_row row;
    if (!codec_is_hex(secret, LINK_SECRET_CAP - 1))
        return ERR_NOT_FOUND;
    enum err e = digest_sha256(secret, LINK_SECRET_CAP - 1, hash);
    if (e == ERR_OK)
        e = how(app->db, hash, now_s, arena, &row);
    if (e == ERR_OK && row.created_s > now_s + CLOCK_SKEW_S) /* by a clock that was ahead */
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = user_store_get(app->db, row.user_id, arena, user_out);
    if (e == ERR_OK && (user_out->locked || user_out->tenant_locked))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        *out = (struct link){.id = row.id,
                             .purpose = row.purpose,
                             .user_id = row.user_id,
                             .detail = row.detail,
                             .created_s = row.created_s,
                             .expires_s = row.expires_s};
    return e;
}

enum err link_find(struct app *app, const char *secret, int64_t now_s, struct arena *arena, struct link *out,
                   struct user *user_out)
{
    return look_up(app, link_store_find, secret, now_s, arena, out, user_out);
}

enum err link_take(struct app *app, const char *secret, int64_t now_s, struct arena *arena, struct link *out,
                   struct user *user_out)
{
    return look_up(app, link_store_take, secret, now_s, arena, out, user_out);
}
