#include <stdio.h>

#include "base/clock.h"
#include "base/place.h"
#include "dialect/dialects.h"
#include "http/routes.h"
#include "server/first_run.h"
#include "server/server.h"
#include "store/counter_store.h"

sigset_t server_hold_signals(sigset_t *before_out)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, before_out);
    signal(SIGPIPE, SIG_IGN);
    return set;
}

static enum err start(struct server *s)
{
    struct buf why;
    buf_init(&why);
    enum err e = app_open(&s->app, s->conf_path, &why);
    if (e == ERR_OK)
        e = routes_check(&s->app.cfg, dialect_all, &why);
    if (e == ERR_OK)
        e = place_check(s->app.cfg.server.data_dir, &why);
    s->start_err = e;
    s->ready = e == ERR_OK;
    s->was_ready = s->was_ready || s->ready;
    snprintf(s->app.no_site_why, sizeof s->app.no_site_why, "%s", s->app.db == NULL ? buf_str(&why) : "");
    if (!s->ready)
        LOG_SOME(&s->app.log, ERR_LEVEL_ERROR, "start_failed", LOG_S("error", err_info(e)->name),
                 LOG_S("message", buf_str(&why)), LOG_S("hint", "menshen doctor"));
    else if (s->app.cfg.captcha.expose_answer)
        LOG_SOME(&s->app.log, ERR_LEVEL_WARN, "captcha_answers_exposed",
                 LOG_S("hint", "set [captcha] expose_answer = no outside development"));
    if (s->ready && s->defers) {
        db_defer_sync(s->app.db);
        counter_collect(s->app.db);
    } else if (s->ready) {
        db_keep_log(s->app.db);
    }
    buf_free(&why);
    return e;
}

void server_init(struct server *s, const char *conf_path)
{
    *s = (struct server){.app = {.log = {.fd = -1}}, .conf_path = conf_path};
    dispatch_init(&s->dispatch, &s->app, dialect_all);
    dispatch_init(&s->failures, &s->app, dialect_all);
}

void server_fini(struct server *s)
{
    dispatch_fini(&s->dispatch);
    dispatch_fini(&s->failures);
    app_close(&s->app);
}

enum err server_reload(struct server *s)
{
    app_close(&s->app);
    dispatch_forget(&s->dispatch);
    return start(s);
}

/*
 * What was missing may be there by now: nobody has to restart the web server after `menshen init`. Once a
 * second is enough, and bounds what strangers can make it write into the log.
 */
static enum err get_ready(struct server *s)
{
    int64_t now_s = clock_now_s();
    if (s->ready || now_s == s->tried_s)
        return s->start_err;
    s->tried_s = now_s;
    return server_reload(s);
}

/* Another one may stand in its place by now (`menshen restore`, an upload). */
static void follow_database(struct server *s)
{
    if (!s->ready || !db_is_replaced(s->app.db))
        return;
    LOG(&s->app.log, ERR_LEVEL_WARN, "database_replaced", LOG_S("data_dir", s->app.cfg.server.data_dir));
    app_before_slow(&s->app); /* what waits was written to the old one */
    s->tried_s = clock_now_s();
    server_reload(s);
}

/* What was opened for reading only stays so when its mode is mended: the next try opens it anew. */
static void give_up_read_only(struct server *s)
{
    if (!db_is_read_only(s->app.db))
        return;
    app_before_slow(&s->app);
    s->ready = false;
    s->start_err = ERR_STORE;
    s->tried_s = clock_now_s();
}

size_t server_wants_body(struct server *s, char **env)
{
    return get_ready(s) == ERR_OK ? dispatch_wants_body(&s->dispatch, env, clock_now_s()) : 0;
}

bool server_answer(struct server *s, char **env, request_read *read, void *read_ctx, struct buf *out)
{
    struct request req;
    follow_database(s);
    enum err e = get_ready(s);
    request_init(&req, env, s->app.cfg.server.trusted_proxies, clock_now_s(), &s->dispatch.arena, read,
                 read_ctx);
    if (e != ERR_OK && first_run(s, &req))
        e = server_reload(s);
    if (e != ERR_OK) {
        dispatch_unavailable(&s->dispatch, &req, e, out);
        return false;
    }
    dispatch_run(&s->dispatch, &req, out);
    if (db_checkpoint_is_due(s->app.db)) {
        app_before_slow(&s->app);
        db_checkpoint(s->app.db);
    }
    give_up_read_only(s);
    return db_take_due(s->app.db);
}

bool server_has_unsettled(const struct server *s)
{
    return s->ready && counter_is_pending(s->app.db);
}

void server_settle(struct server *s)
{
    if (server_has_unsettled(s) && !db_is_replaced(s->app.db))
        counter_flush(s->app.db); /* what cannot be written now is written later */
}

void server_rest(struct server *s)
{
    if (s->ready)
        mailer_step(&s->mailer, &s->app, clock_now_s());
}

enum err server_flush(struct server *s)
{
    return db_flush(s->app.db);
}

static long read_nothing(void *ctx, char *out, size_t cap)
{
    (void)ctx, (void)out, (void)cap;
    return 0;
}

void server_fail(struct server *s, char **env, enum err e, struct buf *out)
{
    struct request req;
    request_init(&req, env, s->app.cfg.server.trusted_proxies, clock_now_s(), &s->failures.arena,
                 read_nothing, NULL);
    dispatch_fail(&s->failures, &req, e, out);
}
