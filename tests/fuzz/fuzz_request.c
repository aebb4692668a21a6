/*
 * Whole requests through the dispatcher, as CGI would deliver them, against a real database. The input is
 * NUL-separated: method, PATH_INFO, QUERY_STRING, CONTENT_TYPE, then "NAME=value" variables up to an empty
 * one, then the body. Whatever comes in, the answer must be one CGI response with a JSON body, or none.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/keyring.h"
#include "base/json_in.h"
#include "base/random.h"
#include "dialect/dialects.h"
#include "http/dispatch.h"
#include "http/routes.h"
#include "store/tenant_store.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIABLES_MAX = 24 };

static struct app app;
static struct dispatch dispatch;

struct body {
    const uint8_t *data;
    size_t len;
};

static long read_body(void *ctx, char *out, size_t cap)
{
    struct body *b = ctx;
    size_t n = b->len < cap ? b->len : cap;
    memcpy(out, b->data, n);
    b->data += n;
    b->len -= n;
    return (long)n;
}

/* The demo's tenant, client and user, so that requests get past the door. */
static enum err populate(void)
{
    struct tenant tenant = {.id = "000000", .name = "demo", .created_s = 1};
    struct client client = {
        .id = "sword", .has_secret = true, .grants = CLIENT_GRANTS, .scope = "all", .password_wire = "md5"};
    struct user user = {.id = 1,
                        .tenant_id = "000000",
                        .account = "admin",
                        .real_name = "",
                        .nick_name = "",
                        .role_id = "",
                        .role_name = "",
                        .dept_id = "",
                        .post_id = "",
                        .oauth_id = "",
                        .id_number = ""};
    char hash[PASSWORD_HASH_CAP];
    enum err e = password_hash(app_password_cost(&app), "21232f297a57a5a743894a0e4a801fc3", hash);
    user.password_hash = hash;
    if (e == ERR_OK)
        e = client_secret_mac(&app, "sword_secret", client.secret_mac);
    if (e == ERR_OK)
        e = tenant_store_put(app.db, &tenant);
    if (e == ERR_OK)
        e = client_store_put(app.db, &client);
    if (e == ERR_OK)
        e = user_store_put(app.db, &user);
    return e;
}

/* A site of its own, below the working folder. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char dir[] = "build/fuzz/site-XXXXXX";
    unsigned char seed[SETTING_SEED_LEN];
    struct buf why;
    (void)argc;
    (void)argv;
    buf_init(&why);
    setenv("MENSHEN_CONF", "tests/fuzz/menshen.conf", 1);
    if (mkdtemp(dir) == NULL || app_configure(&app, NULL, &why) != ERR_OK)
        abort();
    app.log.sink = NULL;
    char *full = realpath(dir, NULL);
    snprintf(app.cfg.server.data_dir, sizeof app.cfg.server.data_dir, "%s", full);
    free(full);
    if (db_create(app.cfg.server.data_dir, &why) != ERR_OK ||
        db_open(app.cfg.server.data_dir, &app.log, &app.db, &why) != ERR_OK ||
        random_bytes(seed, sizeof seed) != ERR_OK || db_begin(app.db, DB_RELAXED) != ERR_OK ||
        setting_store_put(app.db, SETTING_CAPTCHA_STYLE, seed, sizeof seed) != ERR_OK ||
        keyring_generate(app.db, JWS_HS256, 1) != ERR_OK || populate() != ERR_OK ||
        db_commit(app.db) != ERR_OK || password_decoy(app_password_cost(&app), app.decoy_hash) != ERR_OK ||
        routes_check(&app.cfg, dialect_all, &why) != ERR_OK) {
        fprintf(stderr, "%s\n", buf_str(&why));
        abort();
    }
    buf_free(&why);
    dispatch_init(&dispatch, &app, dialect_all);
    return 0;
}

/* The next NUL-terminated piece as "NAME=piece", owned by the caller. */
static char *take(const char *name, const uint8_t **data, size_t *size)
{
    size_t len = strnlen((const char *)*data, *size);
    size_t head = strlen(name);
    char *s = malloc(head + len + 1);
    assert(s != NULL);
    memcpy(s, name, head);
    memcpy(s + head, *data, len);
    s[head + len] = '\0';
    size_t step = len < *size ? len + 1 : len;
    *data += step;
    *size -= step;
    return s;
}

static void check_answer(const struct buf *out, bool is_head)
{
    struct json_object *root = NULL;
    enum json_fault fault;
    assert(out->err == ERR_OK);
    assert(strncmp(buf_str(out), "Status: ", 8) == 0);
    const char *body = strstr(buf_str(out), "\r\n\r\n");
    assert(body != NULL);
    body += 4;
    if (is_head || strncmp(buf_str(out), "Status: 204 ", 12) == 0) {
        assert(*body == '\0');
        return;
    }
    if (*body == '\0' && strncmp(buf_str(out), "Status: 200 ", 12) == 0)
        return; /* RFC 7009 §2.2: an answer to a revocation says nothing */
    assert(json_in_parse(body, out->len - (size_t)(body - buf_str(out)), &root, &fault) == ERR_OK);
    json_in_free(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const named[] = {"REQUEST_METHOD=", "PATH_INFO=", "QUERY_STRING=", "CONTENT_TYPE="};
    char *env[VARIABLES_MAX + 8] = {NULL};
    size_t n = 0;
    for (; n < sizeof named / sizeof named[0]; n++)
        env[n] = take(named[n], &data, &size);
    while (n < VARIABLES_MAX) {
        env[n] = take("", &data, &size);
        if (env[n++][0] == '\0')
            break;
    }
    char length[40];
    snprintf(length, sizeof length, "CONTENT_LENGTH=%zu", size);
    size_t owned = n;
    env[n++] = length;
    struct body body = {data, size};
    struct request req;
    bool wants_body = dispatch_wants_body(&dispatch, env, 1800000000) > 0;
    struct buf out;
    buf_init(&out);
    request_init(&req, env, "", 1800000000, &dispatch.arena, read_body, &body);
    bool is_head = strcmp(req.method, "HEAD") == 0;
    dispatch_run(&dispatch, &req, &out);
    assert(wants_body || body.data == data); /* not wanted: not read */
    check_answer(&out, is_head);
    buf_free(&out);
    for (size_t i = 0; i < owned; i++)
        free(env[i]);
    return 0;
}
