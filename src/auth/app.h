/*
 * What lives as long as the process: configuration, log, database, captcha engine. Everything else is per
 * request. Depends on base, store, captcha.
 */
#ifndef AUTH_APP_H
#define AUTH_APP_H

#include "base/config.h"
#include "base/log.h"
#include "captcha/engine.h"
#include "crypto/password.h"
#include "store/db.h"
#include "store/setting_store.h"

/* Why there is no database, where there never was one: what the operator may read in the browser. Paths are no secret
 * while there is nothing that they lead to. */
enum no_site {
    NO_SITE_UNKNOWN, /* there is one, or something is wrong that no stranger is told */
    NO_SITE_EXPOSED, /* the data folder would be below the document root */
    NO_SITE_USED,    /* the data folder has something in it: perhaps a database was there */
    NO_SITE_REFUSED, /* it could not be made: no_site_why */
};

struct keyring_pairs; /* auth/keyring.c */

struct app {
    struct config cfg;
    struct log log;
    struct db *db;
    unsigned char client_pepper[SETTING_SEED_LEN];
    char decoy_hash[PASSWORD_HASH_CAP];    /* what unknown accounts are verified against */
    struct keyring_pairs *pairs;           /* key pairs that were parsed so far; NULL: none */
    struct captcha_engine *engine;         /* NULL until the first picture */
    unsigned char style[SETTING_SEED_LEN]; /* what the engine was made from */
    int64_t health_s;                      /* when app_health looked last */
    enum err health;                       /* what it found */
    bool has_mail;                         /* one was queued since the sender was started last */
    enum no_site no_site;
    char no_site_why[CONFIG_PATH_CAP + 256]; /* what the system said, for the operator */
    void (*before_slow)(void *ctx);          /* see app_before_slow; NULL: nobody waits */
    void *slow_ctx;
};

/*
 * Read the configuration (conf_path NULL: look for it) and open the log. No database yet. Of what is in `app`
 * only before_slow and slow_ctx stay. ERR_OK; ERR_CONFIG or ERR_IO with `why` filled. app_close is needed in
 * either case.
 */
enum err app_configure(struct app *app, const char *conf_path, struct buf *why);

/* app_configure, and open the database. Errors as there and as db_open. */
enum err app_open(struct app *app, const char *conf_path, struct buf *why);

/* Wipe and release. */
void app_close(struct app *app);

/* The captcha engine in this site's style, made on first use and again after `captcha restyle`. ERR_OK,
 * ERR_STORE, ERR_MEMORY. */
enum err app_engine(struct app *app, struct captcha_engine **engine_out);

/*
 * Say that what comes now takes its time (a password, a checkpoint, the first picture): whoever has answers
 * waiting lets them go first.
 */
void app_before_slow(struct app *app);

/*
 * Whether the site can do its work: the database is written, once a second at most, whoever asks. What is
 * wrong is logged, with paths. ERR_OK, or what went wrong.
 */
enum err app_health(struct app *app, int64_t now_s);

struct password_cost app_password_cost(const struct app *app);

#endif
