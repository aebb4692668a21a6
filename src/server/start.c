#include "base/clock.h"
#include "dialect/dialects.h"
#include "server/server.h"

void server_start(struct server *s, const char *conf_path)
{
    struct buf why;
    buf_init(&why);
    s->ready = false;
    s->conf_path = conf_path;
    enum err e = app_open(&s->app, conf_path, &why);
    if (e == ERR_OK)
        e = dispatch_check(&s->app.cfg, dialect_all, &why);
    dispatch_init(&s->dispatch, &s->app, dialect_all);
    if (e == ERR_OK)
        s->ready = true;
    else
        LOG(&s->app.log, ERR_LEVEL_ERROR, "start_failed", LOG_S("error", err_info(e)->name),
            LOG_S("message", buf_str(&why)), LOG_S("hint", "menshen doctor"));
    if (s->ready && s->app.cfg.captcha.expose_answer)
        LOG(&s->app.log, ERR_LEVEL_WARN, "captcha_answers_exposed",
            LOG_S("hint", "set [captcha] expose_answer = no outside development"));
    buf_free(&why);
}

void server_stop(struct server *s)
{
    dispatch_fini(&s->dispatch);
    app_close(&s->app);
}

void server_answer(struct server *s, char **env, request_read *read, void *read_ctx, struct buf *out)
{
    struct request req;
    if (!s->ready) {
        /* What was missing may be there by now: nobody has to restart the web server after `menshen init`. */
        server_stop(s);
        server_start(s, s->conf_path);
    }
    if (!s->ready) {
        dispatch_unavailable(out);
        return;
    }
    request_init(&req, env, s->app.cfg.server.trusted_proxies, clock_now_s(), read, read_ctx);
    dispatch_run(&s->dispatch, &req, out);
}
