#include "auth/app.h"

#include <string.h>

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/secure.h"
#include "store/counter_store.h"

enum err app_configure(struct app *app, const char *conf_path, struct buf *why)
{
    *app = (struct app){.log = {.fd = -1}, .before_slow = app->before_slow, .slow_ctx = app->slow_ctx};
    log_open(&app->log, "stderr", NULL);
    enum err e = config_load(&app->cfg, conf_path, why);
    if (e != ERR_OK)
        return e;
    log_close(&app->log);
    log_open(&app->log, app->cfg.server.log, app->cfg.server.data_dir);
    if (clock_set_zone(app->cfg.server.time_zone) != ERR_OK) {
        config_where(&app->cfg, "server", "time_zone", why);
        buf_addf(
            why,
            "[server] time_zone = %s: this host has no such zone; use a name below /usr/share/zoneinfo, UTC, "
            "or a fixed offset such as CST-8",
            app->cfg.server.time_zone);
        return ERR_CONFIG;
    }
    return ERR_OK;
}

struct password_cost app_password_cost(const struct app *app)
{
    return (struct password_cost){.memory_kib = (uint32_t)app->cfg.login.argon2_memory_kib,
                                  .passes = (uint32_t)app->cfg.login.argon2_passes};
}

enum err app_open(struct app *app, const char *conf_path, struct buf *why)
{
    enum err e = app_configure(app, conf_path, why);
    if (e == ERR_OK)
        e = db_open(app->cfg.server.data_dir, &app->log, &app->db, why);
    if (e != ERR_OK)
        return e;
    counter_keep(app->db, app->cfg.stats.keep_s);
    e = setting_store_get(app->db, SETTING_CLIENT_PEPPER, app->client_pepper, sizeof app->client_pepper);
    if (e == ERR_OK)
        e = password_decoy(app_password_cost(app), app->decoy_hash);
    if (e != ERR_OK)
        buf_addf(why, "%s/%s: incomplete (%s); remove it, then run: menshen init", app->cfg.server.data_dir,
                 DB_FILE, err_info(e)->name);
    return e;
}

void app_close(struct app *app)
{
    captcha_engine_free(app->engine);
    keyring_forget(app);
    db_close(app->db);
    log_close(&app->log);
    secure_wipe(app->client_pepper, sizeof app->client_pepper);
    secure_wipe(app->style, sizeof app->style);
    app->engine = NULL;
    app->db = NULL;
}

void app_before_slow(struct app *app)
{
    if (app->before_slow != NULL)
        app->before_slow(app->slow_ctx);
}

enum err app_health(struct app *app, int64_t now_s)
{
    struct buf why;
    if (app->health_s == now_s)
        return app->health;
    buf_init(&why);
    app->health_s = now_s;
    app->health = db_test_write(app->db, &why);
    if (app->health != ERR_OK)
        LOG_SOME(&app->log, ERR_LEVEL_ERROR, "unhealthy", LOG_S("error", err_info(app->health)->name),
                 LOG_S("message", buf_str(&why)));
    buf_free(&why);
    return app->health;
}

enum err app_engine(struct app *app, struct captcha_engine **engine_out)
{
    unsigned char style[SETTING_SEED_LEN];
    enum err e = setting_store_get(app->db, SETTING_CAPTCHA_STYLE, style, sizeof style);
    if (e == ERR_OK && (app->engine == NULL || memcmp(style, app->style, sizeof style) != 0)) {
        captcha_engine_free(app->engine);
        app->engine = NULL;
        app_before_slow(app);
        e = captcha_engine_new(style, &app->engine);
        memcpy(app->style, style, sizeof style);
    }
    secure_wipe(style, sizeof style);
    *engine_out = app->engine;
    return e;
}
