/*
 * What the doctor finds in the database.
 */
#include "admin/doctor_inside.h"

#include <inttypes.h>
#include <string.h>

#include "admin/clients.h"
#include "admin/demo.h"
#include "admin/users.h"
#include "auth/client.h"
#include "auth/keyring.h"
#include "base/clock.h"
#include "base/secure.h"
#include "store/migration.h"
#include "store/tenant_store.h"
#include "store/user_store.h"

/* ---- The database ------------------------------------------------------------------------------------ */

static bool check_open(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    struct app *app = d->app;
    enum err e = d->is_open ? ERR_OK : db_open(app->cfg.server.data_dir, &app->log, &app->db, &why);
    if (e == ERR_OK)
        e = setting_store_get(app->db, SETTING_CLIENT_PEPPER, app->client_pepper, sizeof app->client_pepper);
    if (e == ERR_OK)
        doctor_add(d, "database", DOCTOR_OK, DOCTOR_TEXT(d, "opens, schema version %d", DB_SCHEMA_VERSION),
                   NULL);
    else if (e == ERR_NOT_FOUND && app->db == NULL)
        doctor_add(d, "database", DOCTOR_ERROR, "there is none", "make it with: menshen init");
    else if (e == ERR_NOT_FOUND)
        doctor_add(d, "database", DOCTOR_ERROR, "it is empty: init did not come to its end",
                   DOCTOR_TEXT(d, "remove %s/%s and run: menshen init", app->cfg.server.data_dir, DB_FILE));
    else
        doctor_add(d, "database", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "%s", why.len > 0 ? buf_str(&why) : err_info(e)->name),
                   "settle that; in the place of a damaged file put a backup: menshen restore FILE");
    buf_free(&why);
    return e == ERR_OK;
}

static void check_integrity(struct doctor *d)
{
    struct buf lines;
    buf_init(&lines);
    enum err e = db_integrity(d->app->db, &lines);
    if (e == ERR_OK && strcmp(buf_str(&lines), "ok") == 0)
        doctor_add(d, "integrity", DOCTOR_OK, "the database file is whole", NULL);
    else
        doctor_add(d, "integrity", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "the database file is damaged: %.200s", buf_str(&lines)),
                   "put a backup in its place");
    buf_free(&lines);
}

static void check_writing(struct doctor *d)
{
    struct buf why;
    buf_init(&why);
    if (db_test_write(d->app->db, &why) == ERR_OK)
        doctor_add(d, "writing", DOCTOR_OK, "the database can be written", NULL);
    else
        doctor_add(d, "writing", DOCTOR_ERROR,
                   DOCTOR_TEXT(d, "the database cannot be written: %s", buf_str(&why)),
                   "nobody can log in before that is settled");
    buf_free(&why);
}

static void check_statements(struct doctor *d)
{
    if (db_prepare_all(d->app->db) == ERR_OK)
        doctor_add(d, "schema", DOCTOR_OK, "every statement of this program fits the database", NULL);
    else
        doctor_add(d, "schema", DOCTOR_ERROR, "the database lacks what this program needs",
                   "it was changed by other means: put a backup in its place");
}

static void check_journal(struct doctor *d)
{
    if (strcmp(db_journal_mode(d->app->db), "wal") == 0)
        doctor_add(d, "journal", DOCTOR_OK, "write-ahead log", NULL);
    else
        doctor_add(
            d, "journal", DOCTOR_WARNING,
            "the folder is on a network or user-space file system: a rollback journal is used, which is "
            "slower",
            "move [server] data_dir to a local disk if there is one");
}

/* What signs with `alg`, as in client.alg, and whether that goes on. */
static void check_signer(struct doctor *d, const struct keyring *ring, const char *alg)
{
    int64_t now_s = d->now_s;
    const struct jws_key *key = keyring_signer(ring, alg, now_s);
    const char *option = alg[0] != '\0' ? DOCTOR_TEXT(d, " --alg %s", alg) : "";
    const char *advice = DOCTOR_TEXT(d, "menshen key rotate%s", option != NULL ? option : "");
    if (key == NULL) {
        doctor_add(d, "sign_keys", DOCTOR_ERROR,
                   alg[0] != '\0' ? DOCTOR_TEXT(d, "a client signs with %s, and no key does", alg)
                                  : "no token can be signed",
                   advice);
        return;
    }
    int64_t end_s = ring->retired_s[key - ring->key];
    if (end_s != 0 && keyring_signer(ring, alg, end_s) == NULL) {
        char end[CLOCK_LOCAL_CAP];
        clock_local(end_s, end);
        doctor_add(d, "sign_keys", DOCTOR_WARNING,
                   DOCTOR_TEXT(d, "key %s (%s) ends at %s, and none comes after it", key->kid,
                               jws_alg_name(key->alg), end),
                   advice);
    }
}

static void check_keys(struct doctor *d)
{
    struct keyring ring;
    struct keyring_needs needs;
    size_t before = d->count;
    enum err e = keyring_read(d->app, d->now_s, &ring);
    if (e == ERR_OK)
        e = keyring_needs(d->app, &needs);
    if (e != ERR_OK) {
        doctor_add(d, "sign_keys", DOCTOR_ERROR, DOCTOR_TEXT(d, "they cannot be read: %s", err_info(e)->name),
                   NULL);
    } else {
        check_signer(d, &ring, "");
        for (int alg = 0; alg < JWS_ALG_COUNT; alg++)
            if (needs.named[alg])
                check_signer(d, &ring, jws_alg_name((enum jws_alg)alg));
    }
    if (d->count == before)
        doctor_add(d, "sign_keys", DOCTOR_OK, DOCTOR_TEXT(d, "%zu in use", ring.count), NULL);
    keyring_wipe(&ring);
}

static enum err note_sm2(void *ctx, const struct client *row)
{
    bool *used = ctx;
    *used = *used || strcmp(row->password_wire, "sm2") == 0;
    return ERR_OK;
}

/* Browsers encrypt to a key of this site. */
static void check_sm2(struct doctor *d)
{
    struct db *db = d->app->db;
    unsigned char key[SETTING_SEED_LEN];
    struct arena row;
    bool used = false;
    arena_init(&row, 1 << 16);
    enum err e = client_store_list(db, &row, note_sm2, &used);
    arena_fini(&row);
    if (e != ERR_OK || !used)
        return;
    if (setting_store_get(db, SETTING_SM2_KEY, key, sizeof key) == ERR_OK)
        doctor_add(d, "sm2_key", DOCTOR_OK, "the key that passwords are encrypted to is there", NULL);
    else
        doctor_add(d, "sm2_key", DOCTOR_ERROR,
                   "a client sends passwords with SM2, and this site has no key for that", "menshen key sm2");
    secure_wipe(key, sizeof key);
}

static enum err count_tenant(void *ctx, const struct tenant *row)
{
    int *count = ctx;
    (void)row;
    (*count)++;
    return ERR_OK;
}

static enum err count_client(void *ctx, const struct client *row)
{
    int *count = ctx;
    *count += row->has_secret && !row->locked;
    return ERR_OK;
}

static enum err count_unseen(void *ctx, const struct user *row)
{
    int64_t *count = ctx;
    *count += password_needs_plain(row->password_hash);
    return ERR_OK;
}

/* People who moved in with a verifier that clients which send MD5 cannot be compared with. */
static void check_unseen(struct doctor *d)
{
    struct arena rows;
    struct buf clients;
    int64_t count = 0;
    arena_init(&rows, 1 << 20);
    buf_init(&clients);
    enum err e = user_store_list(d->app->db, NULL, &rows, count_unseen, &count);
    if (e == ERR_OK)
        e = clients_md5(d->app->db, &clients);
    if (e == ERR_OK && count > 0 && clients.len > 0)
        doctor_add(d, "imported_hashes", DOCTOR_WARNING,
                   DOCTOR_TEXT(d, "%" PRId64 " people have a hash over the password itself", count),
                   DOCTOR_TEXT(d, USERS_UNSEEN_ADVICE, buf_str(&clients)));
    buf_free(&clients);
    arena_fini(&rows);
}

static void check_lookalikes(struct doctor *d)
{
    int64_t count = 0;
    if (user_store_lookalikes(d->app->db, &count) == ERR_OK && count > 0)
        doctor_add(
            d, "lookalikes", DOCTOR_WARNING,
            DOCTOR_TEXT(d, "%" PRId64 " accounts differ from another in case or width only", count),
            "they have to be spelled exactly when they log in; where two are one person, menshen user remove "
            "one");
}

/* Something a site needs one of. */
static void check_some(struct doctor *d, const char *name, enum err e, int64_t count,
                       enum doctor_status if_none, const char *advice)
{
    if (e != ERR_OK)
        doctor_add(d, name, DOCTOR_ERROR, DOCTOR_TEXT(d, "they cannot be read: %s", err_info(e)->name), NULL);
    else if (count == 0)
        doctor_add(d, name, if_none, "there is none", advice);
    else
        doctor_add(d, name, DOCTOR_OK, DOCTOR_TEXT(d, "%" PRId64, count), NULL);
}

/*
 * Whether somebody waits for a client with a secret: a dialect whose requests carry its credentials is enabled, and
 * not one that has a client of its own was turned on, which is then what the site is for.
 */
static bool wants_client(struct doctor *d)
{
    const struct config *cfg = &d->app->cfg;
    struct config *initial = arena_alloc(d->arena, sizeof *initial);
    bool wanted = false, turned_on = false;
    if (initial == NULL)
        return true;
    config_defaults(initial);
    for (int i = 0; i < DIALECT_COUNT; i++) {
        bool has_own = cfg->dialect[i].client[0] != '\0';
        wanted = wanted || (cfg->dialect[i].enabled && !has_own && i != DIALECT_PORTAL);
        turned_on = turned_on || (cfg->dialect[i].enabled && has_own && !initial->dialect[i].enabled);
    }
    return wanted && !turned_on;
}

static void check_content(struct doctor *d)
{
    struct db *db = d->app->db;
    struct arena rows;
    int tenants = 0, clients = 0;
    int64_t users = 0;
    arena_init(&rows, 1 << 20);
    enum err e = tenant_store_list(db, &rows, count_tenant, &tenants);
    check_some(d, "tenants", e, tenants, DOCTOR_WARNING, "menshen tenant add 000000 --name NAME");
    e = client_store_list(db, &rows, count_client, &clients);
    check_some(d, "clients_with_secret", e, clients, wants_client(d) ? DOCTOR_WARNING : DOCTOR_OK,
               "no client can ask for tokens; menshen client add ID --grants captcha,refresh_token");
    e = user_store_count(db, &users);
    check_some(d, "users", e, users, DOCTOR_WARNING,
               "nobody can log in; open the site in a browser and make its first administrator, or: menshen "
               "user add "
               "ACCOUNT --real-name NAME");
    arena_fini(&rows);
}

/* What keeps a dialect's client from logging people in; NULL if nothing does. */
static const char *dialect_client_fault(struct doctor *d, const char *id)
{
    struct client c;
    enum err e = client_store_get(d->app->db, id, d->arena, &c);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? "does not exist" : "cannot be read";
    return c.locked ? "is locked" : !client_may(&c, "captcha") ? "lacks the grant captcha" : NULL;
}

/* Dialects whose requests carry no client credentials name a client. */
static void check_dialect_clients(struct doctor *d)
{
    for (int i = 0; i < DIALECT_COUNT; i++) {
        const struct config_dialect *dialect = &d->app->cfg.dialect[i];
        const char *name = config_dialect_name((enum dialect_id)i);
        if (!dialect->enabled || dialect->client[0] == '\0')
            continue;
        const char *fault = dialect_client_fault(d, dialect->client);
        if (fault != NULL)
            doctor_add(
                d, "dialect_client", DOCTOR_WARNING,
                DOCTOR_TEXT(d, "logins of the dialect %s belong to client %s, which %s", name,
                            dialect->client, fault),
                DOCTOR_TEXT(d,
                            "menshen client add|set|unlock %s, with --grants captcha; or name another in "
                            "[dialect.%s] client",
                            dialect->client, name));
    }
}

/* ---- The demo's passwords ---------------------------------------------------------------------------- */

static bool demo_user_left(struct doctor *d)
{
    struct user u;
    struct password known;
    return user_store_find(d->app->db, DEMO_TENANT, DEMO_ACCOUNT, d->arena, &u) == ERR_OK && !u.locked &&
           password_of_plain(DEMO_PASSWORD, strlen(DEMO_PASSWORD), &known) == ERR_OK &&
           password_verify(u.password_hash, &known) == ERR_OK;
}

static bool demo_secret_left(struct doctor *d)
{
    struct client c;
    bool same = false;
    return client_store_get(d->app->db, DEMO_CLIENT, d->arena, &c) == ERR_OK && !c.locked &&
           client_compare_secret(d->app, &c, DEMO_SECRET, d->now_s, &same) == ERR_OK && same;
}

static void check_demo(struct doctor *d)
{
    bool user = demo_user_left(d);
    bool client = demo_secret_left(d);
    if (user)
        doctor_add(d, "demo_user", DOCTOR_WARNING,
                   "user " DEMO_ACCOUNT " has the demo's password, which everybody knows",
                   "menshen user passwd " DEMO_ACCOUNT);
    if (client)
        doctor_add(d, "demo_client", DOCTOR_WARNING,
                   "client " DEMO_CLIENT " has the demo's secret, which everybody knows",
                   "menshen client secret " DEMO_CLIENT " --overlap 0");
    if (!user && !client)
        doctor_add(d, "demo", DOCTOR_OK, "no password of the demo is in use", NULL);
}

/* ---- Rows from the future ---------------------------------------------------------------------------- */

/* "3 rows of token, 1 of session"; "" if there are none. */
static void name_ahead(const int64_t counts[DB_AHEAD_TABLES], struct buf *out)
{
    for (int i = 0; i < DB_AHEAD_TABLES; i++)
        if (counts[i] > 0)
            buf_addf(out, "%s%" PRId64 "%s %s", out->len > 0 ? ", " : "", counts[i],
                     out->len > 0     ? " of"
                     : counts[i] == 1 ? " row of"
                                      : " rows of",
                     db_ahead_tables[i]);
}

static void check_ahead(struct doctor *d)
{
    int64_t counts[DB_AHEAD_TABLES];
    struct buf found;
    buf_init(&found);
    enum err e = db_ahead_count(d->app->db, d->now_s, counts);
    if (e == ERR_OK)
        name_ahead(counts, &found);
    if (e != ERR_OK || found.err != ERR_OK)
        doctor_add(d, "future", DOCTOR_ERROR, DOCTOR_TEXT(d, "rows cannot be counted: %s", err_info(e)->name),
                   "the log says why");
    else if (found.len == 0)
        doctor_add(d, "future", DOCTOR_OK, "no row says that it was made after now", NULL);
    else
        doctor_add(
            d, "future", DOCTOR_WARNING,
            DOCTOR_TEXT(d, "made after now: %s; the clock was ahead, or is behind", buf_str(&found)),
            "they bind nobody. See that the clock is right (date); then: menshen token purge --ahead; "
            "menshen key "
            "rotate, if keys are among them; set the passwords and secrets anew that were changed meanwhile");
    buf_free(&found);
}

/* ---- All of it --------------------------------------------------------------------------------------- */

void doctor_check_database(struct doctor *d)
{
    if (!check_open(d))
        return;
    check_writing(d);
    if (!d->is_quick)
        check_integrity(d);
    check_statements(d);
    check_journal(d);
    check_keys(d);
    check_sm2(d);
    check_content(d);
    check_dialect_clients(d);
    doctor_check_policy_rows(d);
    if (d->is_quick)
        return;
    check_ahead(d);
    check_unseen(d);
    check_lookalikes(d);
    check_demo(d);
}
