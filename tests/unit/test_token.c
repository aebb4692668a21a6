/*
 * auth/keyring and the parts of auth/token that depend on it: who signs what and when, rotation, the key set,
 * what is in a token and what in it is refused. Source: schema.sql, table sign_key; RFC 8725; RFC 9068; RFC
 * 9562 §5.7; contracts, "Rules that hold in every dialect".
 */
#include "scratch.h"

#include "auth/audit.h"
#include "auth/keyring.h"
#include "auth/refresh.h"
#include "base/json_in.h"
#include "base/secure.h"
#include "store/audit_store.h"
#include "store/tenant_store.h"

enum { NOW_S = 1700000000, ACCESS_S = 43200, REFRESH_S = 2592000, FAMILY_S = 7776000, GRACE_S = 30 };

/* ---- A site: tenant t1, clients app and other, user 1; one HS256 key. ---- */

struct site {
    struct scratch scratch;
    struct app app;
    struct arena arena;
    struct client client, other;
    struct user user;
    enum dialect_id dialect; /* of what is issued */
};

static void begin(struct site *s)
{
    assert_err(db_begin(s->app.db, DB_DURABLE), ERR_OK);
}

static void commit(struct site *s)
{
    assert_err(db_commit(s->app.db), ERR_OK);
}

#define COMMITTED(S, EXPRESSION)                                                                             \
    do {                                                                                                     \
        begin(S);                                                                                            \
        assert_err(EXPRESSION, ERR_OK);                                                                      \
        commit(S);                                                                                           \
    } while (0)

static int setup(void **state)
{
    struct site *s = calloc(1, sizeof *s);
    struct tenant tenant = {.id = "t1", .name = "租户", .created_s = NOW_S};
    if (s == NULL)
        return -1;
    scratch_open(&s->scratch);
    s->app = (struct app){.log = s->scratch.sink, .db = s->scratch.db};
    config_defaults(&s->app.cfg);
    arena_init(&s->arena, 1 << 20);
    s->client = (struct client){.id = "app",
                                .grants = "captcha,refresh_token",
                                .scope = "all,read",
                                .password_wire = "md5",
                                .created_s = NOW_S};
    s->other = s->client;
    s->other.id = "other";
    s->user = (struct user){.id = 1,
                            .tenant_id = "t1",
                            .account = "admin",
                            .password_hash = "!",
                            .password_changed_s = NOW_S - 100,
                            .real_name = "张三",
                            .nick_name = "",
                            .role_id = "7,8",
                            .role_name = "",
                            .dept_id = "",
                            .post_id = "",
                            .oauth_id = "",
                            .id_number = "",
                            .created_s = NOW_S - 100};
    COMMITTED(s, keyring_generate(s->app.db, JWS_HS256, NOW_S));
    COMMITTED(s, tenant_store_put(s->app.db, &tenant));
    COMMITTED(s, client_store_put(s->app.db, &s->client));
    COMMITTED(s, client_store_put(s->app.db, &s->other));
    COMMITTED(s, user_store_put(s->app.db, &s->user));
    assert_err(user_store_get(s->app.db, 1, &s->arena, &s->user), ERR_OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct site *s = *state;
    keyring_forget(&s->app);
    arena_fini(&s->arena);
    scratch_close(&s->scratch);
    free(s);
    return 0;
}

static enum err try_issue(struct site *s, bool is_user, int64_t now_s, struct token_pair *out)
{
    struct token_grant grant = {.dialect = s->dialect,
                                .client = &s->client,
                                .user = is_user ? &s->user : NULL,
                                .tenant_id = "t1",
                                .scope = "all,read",
                                .fingerprint = "fp",
                                .address = "10.0.0.1",
                                .with_refresh = is_user};
    begin(s);
    return db_end(s->app.db, token_issue(&s->app, &grant, now_s, &s->arena, out));
}

static struct token_pair issue(struct site *s, int64_t now_s)
{
    struct token_pair pair;
    assert_err(try_issue(s, true, now_s, &pair), ERR_OK);
    return pair;
}

static enum err verify(struct site *s, const char *jwt, int64_t now_s)
{
    struct token_bearer bearer;
    return token_verify(&s->app, jwt, now_s, &s->arena, &bearer);
}

static enum err refresh(struct site *s, const char *jwt, int64_t now_s, struct token_pair *out)
{
    return refresh_use(&s->app, &s->client, jwt, NULL, "10.0.0.9", now_s, &s->arena, out);
}

static enum err inspect(struct site *s, const char *jwt, int64_t now_s, bool *is_refresh_out)
{
    struct token_bearer bearer;
    return token_inspect(&s->app, jwt, now_s, &s->arena, &bearer, is_refresh_out);
}

static void set_client(struct site *s, const char *alg, const char *audience)
{
    s->client.alg = alg;
    s->client.audience = audience;
    COMMITTED(s, client_store_set(s->app.db, &s->client));
}

/* The JSON text of the first or second segment of a token, in the arena. */
static char *segment(struct site *s, const char *jwt, int index)
{
    const char *from = index == 0 ? jwt : strchr(jwt, '.') + 1;
    size_t len = strcspn(from, ".");
    char *text = arena_alloc(&s->arena, len + 4);
    long n = codec_base64url_decode(from, len, (unsigned char *)text, len + 3);
    assert_true(n > 0);
    text[n] = '\0';
    return text;
}

/* The alg of a token's header, in the arena. */
static const char *alg_of(struct site *s, const char *jwt)
{
    struct json_object *root = NULL;
    enum json_fault fault;
    const char *alg = NULL, *header = segment(s, jwt, 0);
    assert_err(json_in_parse(header, strlen(header), &root, &fault), ERR_OK);
    assert_err(json_in_str(root, "alg", &alg), ERR_OK);
    alg = arena_strdup(&s->arena, alg);
    json_in_free(root);
    return alg;
}

/* A new key of `alg` that signs from `signs_from_s` on, the ones before it end `overlap_s` after that; its
 * kid. */
static char *rotate(struct site *s, enum jws_alg alg, int64_t signs_from_s, int64_t overlap_s, int64_t now_s)
{
    struct key_row row;
    assert_err(keyring_new(alg, now_s, &row), ERR_OK);
    row.signs_from_s = signs_from_s;
    COMMITTED(s, keyring_succeed(&s->app, &row, overlap_s, now_s));
    secure_wipe(row.secret, sizeof row.secret);
    return arena_strdup(&s->arena, row.kid);
}

/* The kid of what signs, "" if nothing does; in the arena. */
static const char *signer(struct site *s, const char *alg, int64_t now_s)
{
    struct keyring ring;
    assert_err(keyring_read(&s->app, now_s, &ring), ERR_OK);
    const struct jws_key *key = keyring_signer(&ring, alg, now_s);
    char *kid = arena_strdup(&s->arena, key != NULL ? key->kid : "");
    keyring_wipe(&ring);
    return kid;
}

/* ---- Who signs what ---- */

static void test_each_client_has_its_algorithm(void **state)
{
    struct site *s = *state;
    const int64_t at_s = NOW_S + 5; /* later than the site's own key */
    for (int i = 0; i < JWS_ALG_COUNT; i++) {
        const char *alg = jws_alg_name((enum jws_alg)i);
        bool made = false;
        set_client(s, alg, "");
        COMMITTED(s, keyring_ensure(&s->app, alg, at_s, &made));
        assert_int_equal(made, i != JWS_HS256);
        struct token_pair pair = issue(s, at_s);
        assert_string_equal(alg_of(s, pair.access), alg);
        assert_string_equal(alg_of(s, pair.refresh), "HS256"); /* only this program reads it */
        assert_err(verify(s, pair.access, at_s), ERR_OK);
        assert_err(refresh(s, pair.refresh, at_s + 1, &pair), ERR_OK);
        assert_string_equal(alg_of(s, pair.access), alg);
        assert_err(verify(s, pair.access, at_s + 1), ERR_OK);
        COMMITTED(s, keyring_ensure(&s->app, alg, at_s, &made));
        assert_false(made);
    }
    set_client(s, "", "");
    assert_string_equal(alg_of(s, issue(s, at_s).access),
                        "HS256"); /* the keys made for clients are not the site's */
}

static void test_without_its_key_a_client_gets_nothing(void **state)
{
    struct site *s = *state;
    struct token_pair pair;
    set_client(s, "ES256", "");
    assert_err(try_issue(s, true, NOW_S, &pair), ERR_STORE);
    assert_non_null(strstr(buf_str(&s->scratch.log), "\"no_signing_key\""));
    assert_non_null(strstr(buf_str(&s->scratch.log), "ES256"));
    rotate(s, JWS_ES256, NOW_S + 60, 0, NOW_S); /* published, and there is no other */
    assert_err(try_issue(s, true, NOW_S + 59, &pair), ERR_OK);
    assert_err(try_issue(s, true, NOW_S + 60, &pair), ERR_OK);
    bool made = true;
    begin(s);
    assert_err(keyring_ensure(&s->app, "RS512", NOW_S, &made), ERR_BAD_REQUEST);
    assert_err(keyring_ensure(&s->app, "none", NOW_S, &made), ERR_BAD_REQUEST);
    db_rollback(s->app.db);
    assert_false(made);
}

/* ---- Rotation ---- */

static void test_old_keys_verify_until_the_overlap_is_over(void **state)
{
    struct site *s = *state;
    static const enum jws_alg algs[] = {JWS_HS256, JWS_ES256};
    for (size_t i = 0; i < COUNT_OF(algs); i++) {
        set_client(s, jws_alg_name(algs[i]), "");
        const char *first = rotate(s, algs[i], NOW_S, 0, NOW_S);
        struct token_pair before = issue(s, NOW_S);
        const char *second = rotate(s, algs[i], NOW_S + 100, 50, NOW_S);
        assert_string_equal(signer(s, jws_alg_name(algs[i]), NOW_S + 99), first);
        assert_string_equal(signer(s, jws_alg_name(algs[i]), NOW_S + 100), second);
        assert_err(verify(s, issue(s, NOW_S + 100).access, NOW_S + 100), ERR_OK);
        assert_err(verify(s, before.access, NOW_S + 149), ERR_OK);
        assert_err(verify(s, before.access, NOW_S + 150), ERR_TOKEN_INVALID);
    }
}

/* A second rotation does not keep a key longer than the first one said. */
static void test_an_end_is_never_put_off(void **state)
{
    struct site *s = *state;
    struct token_pair before = issue(s, NOW_S);
    rotate(s, JWS_HS256, NOW_S, 10, NOW_S);
    rotate(s, JWS_HS256, NOW_S + 1, 1000, NOW_S + 1);
    assert_err(verify(s, before.access, NOW_S + 9), ERR_OK);
    assert_err(verify(s, before.access, NOW_S + 10), ERR_TOKEN_INVALID);
}

static void test_a_family_outlives_a_rotation(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S);
    const char *second = rotate(s, JWS_HS512, NOW_S + 10, REFRESH_S, NOW_S + 10);
    assert_err(refresh(s, pair.refresh, NOW_S + 20, &pair), ERR_OK);
    assert_string_equal(alg_of(s, pair.refresh), "HS512");
    assert_string_equal(signer(s, "", NOW_S + 20), second);
    assert_err(verify(s, pair.access, NOW_S + 20), ERR_OK);
}

/* What the new key takes the place of: HMAC keys of a named algorithm and all key pairs stay. */
static void test_what_an_imported_key_takes_the_place_of(void **state)
{
    struct site *s = *state;
    bool made = false;
    char shared[48];
    memset(shared, 'k', sizeof shared);
    const char *rsa = rotate(s, JWS_EDDSA, NOW_S, 0, NOW_S);
    set_client(s, "HS512", "");
    COMMITTED(s, keyring_ensure(&s->app, "HS512", NOW_S, &made));
    assert_true(made);
    struct token_pair before = issue(s, NOW_S);
    COMMITTED(s, keyring_import(&s->app, shared, sizeof shared, NOW_S + 1));
    assert_err(verify(s, before.access, NOW_S + 1), ERR_OK);
    struct token_pair none;
    assert_err(refresh(s, before.refresh, NOW_S + 1, &none), ERR_REFRESH_INVALID); /* by the old HS256 key */
    assert_string_equal(signer(s, "EdDSA", NOW_S + 1), rsa);
    assert_string_equal(signer(s, "HS256", NOW_S + 1), "");
    assert_string_equal(alg_of(s, issue(s, NOW_S + 1).refresh), "HS384");
}

/* The site was made, and its key rotated, while the clock was ten years ahead. */
static void test_keys_from_the_future_sign_where_no_other_does(void **state)
{
    struct site *s = *state;
    struct token_pair pair;
    int64_t then_s = NOW_S + 315360000;
    const char *old = signer(s, "", NOW_S), *new = rotate(s, JWS_HS256, then_s, 86400, then_s);
    assert_string_equal(signer(s, "", NOW_S), old);
    const char *needed = NULL;
    begin(s);
    assert_err(db_end(s->app.db, keyring_retire(&s->app, old, true, NOW_S, &needed)), ERR_OK);
    assert_string_equal(signer(s, "", NOW_S), new);
    assert_err(try_issue(s, true, NOW_S, &pair), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S), ERR_OK);
}

/* Who logged in while the clock was ahead logs in again; it is said why. */
static void test_tokens_from_the_future_are_refused_and_it_is_said(void **state)
{
    struct site *s = *state;
    int64_t then_s = NOW_S + 315360000;
    struct token_pair pair = issue(s, then_s), next;
    assert_err(verify(s, pair.access, then_s), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, &next), ERR_REFRESH_INVALID);
    assert_non_null(strstr(buf_str(&s->scratch.log), "\"clock_went_back\""));
    /* A refresh while it was leaves no grace window that lasts as long: what comes again is a stale tab's. */
    pair = issue(s, NOW_S);
    assert_err(refresh(s, pair.refresh, NOW_S + 86400, &next), ERR_OK);
    assert_err(verify(s, next.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S, &next), ERR_OK);
    assert_err(verify(s, next.access, NOW_S), ERR_OK);
}

static enum err retire(struct site *s, const char *kid, bool force, int64_t now_s, const char **needed)
{
    begin(s);
    return db_end(s->app.db, keyring_retire(&s->app, kid, force, now_s, needed));
}

static void test_what_is_needed_is_not_retired(void **state)
{
    struct site *s = *state;
    const char *needed = NULL, *own = signer(s, "", NOW_S);
    assert_err(retire(s, own, false, NOW_S, &needed), ERR_EXISTS);
    assert_string_equal(needed, "");
    const char *ec = rotate(s, JWS_ES256, NOW_S, 0, NOW_S);
    set_client(s, "ES256", "");
    assert_err(retire(s, ec, false, NOW_S, &needed), ERR_EXISTS);
    assert_string_equal(needed, "ES256");
    rotate(s, JWS_ES256, NOW_S + 9, 100, NOW_S); /* a successor that does not sign yet is none */
    assert_err(retire(s, ec, false, NOW_S, &needed), ERR_EXISTS);
    struct token_pair pair = issue(s, NOW_S);
    assert_err(verify(s, pair.access, NOW_S + 9), ERR_OK);
    assert_err(retire(s, ec, false, NOW_S + 9, &needed), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S + 9),
               ERR_TOKEN_INVALID); /* at once, although its pair was parsed */
    assert_err(retire(s, ec, false, NOW_S + 9, &needed), ERR_NOT_FOUND);
    assert_err(retire(s, "0000000000000000", true, NOW_S, &needed), ERR_NOT_FOUND);
    assert_err(retire(s, own, true, NOW_S, &needed), ERR_OK);
    assert_string_equal(needed, "");
    assert_err(try_issue(s, true, NOW_S, &pair), ERR_STORE);
}

static void test_keys_in_use_have_a_limit(void **state)
{
    struct site *s = *state;
    struct key_row row;
    bool made = true;
    for (int i = 1; i < KEYRING_MAX; i++)
        rotate(s, JWS_HS256, NOW_S, 1000, NOW_S);
    assert_err(keyring_new(JWS_HS256, NOW_S, &row), ERR_OK);
    begin(s);
    assert_err(keyring_succeed(&s->app, &row, 0, NOW_S), ERR_FULL);
    assert_err(keyring_ensure(&s->app, "ES256", NOW_S, &made), ERR_FULL);
    db_rollback(s->app.db);
    assert_false(made);
    assert_err(verify(s, issue(s, NOW_S).access, NOW_S), ERR_OK);
    begin(s);
    assert_err(keyring_succeed(&s->app, &row, 0, NOW_S + 1000), ERR_OK); /* the others have ended by then */
    db_rollback(s->app.db);
}

static void test_how_long_tokens_of_an_algorithm_live(void **state)
{
    struct site *s = *state;
    struct keyring_needs needs;
    assert_err(keyring_needs(&s->app, &needs), ERR_OK);
    assert_int_equal(needs.longest_ttl_s[JWS_HS384], REFRESH_S);
    assert_int_equal(needs.longest_ttl_s[JWS_RS256], ACCESS_S);
    assert_false(needs.named[JWS_RS256]);
    s->client.access_ttl_s = 50000;
    s->client.refresh_ttl_s = FAMILY_S + 1;
    set_client(s, "RS256", "");
    assert_err(keyring_needs(&s->app, &needs), ERR_OK);
    assert_int_equal(needs.longest_ttl_s[JWS_HS256], FAMILY_S);
    assert_int_equal(needs.longest_ttl_s[JWS_EDDSA], 50000);
    assert_true(needs.named[JWS_RS256]);
    assert_false(needs.named[JWS_HS256]);
}

/* A row that no key pair can be made of stops signing, loudly. */
static void test_a_damaged_key_is_an_error(void **state)
{
    struct site *s = *state;
    struct key_row row = {.kid = "00000000000000ff", .alg = "RS256", .secret_len = 32, .created_s = NOW_S};
    struct token_pair pair = issue(s, NOW_S);
    COMMITTED(s, key_store_put(s->app.db, &row));
    assert_err(verify(s, pair.access, NOW_S), ERR_STORE);
    assert_non_null(strstr(buf_str(&s->scratch.log), "\"key_unreadable\""));
    assert_non_null(strstr(buf_str(&s->scratch.log), "00000000000000ff"));
}

/* ---- The key set ---- */

static char *key_set(struct site *s, int64_t now_s)
{
    struct buf text;
    buf_init(&text);
    assert_err(keyring_jwks(&s->app, now_s, &text), ERR_OK);
    char *copy = arena_strdup(&s->arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

static void test_the_key_set(void **state)
{
    struct site *s = *state;
    assert_string_equal(key_set(s, NOW_S), "{\"keys\":[]}"); /* no HMAC key */
    const char *rsa = rotate(s, JWS_RS256, NOW_S, 0, NOW_S);
    const char *ec = rotate(s, JWS_ES256, NOW_S, 0, NOW_S);
    const char *ed = rotate(s, JWS_EDDSA, NOW_S, 0, NOW_S);
    const char *next = rotate(s, JWS_ES256, NOW_S + 100, 50, NOW_S);
    const char *set = key_set(s, NOW_S);
    const char *const kids[] = {rsa, ec, ed, next};
    for (size_t i = 0; i < COUNT_OF(kids); i++)
        assert_non_null(strstr(set, kids[i]));
    static const char *const secrets[] = {"\"d\"",  "\"p\"", "\"q\"", "\"dp\"", "\"dq\"",
                                          "\"qi\"", "\"k\"", "\"oct", "\"HS"};
    for (size_t i = 0; i < COUNT_OF(secrets); i++)
        assert_case(strstr(set, secrets[i]) == NULL, "%s", secrets[i]);
    assert_null(strstr(set, signer(s, "", NOW_S)));
    assert_non_null(strstr(key_set(s, NOW_S + 149), ec));
    assert_null(strstr(key_set(s, NOW_S + 150), ec));
    assert_non_null(strstr(key_set(s, NOW_S + 150), next));
}

/* ---- What is in a token ---- */

static enum err name_member(void *ctx, const char *name, const char *value, bool is_string)
{
    (void)value;
    (void)is_string;
    buf_addf(ctx, "%s ", name);
    return ERR_OK;
}

static void assert_members(struct site *s, const char *jwt, const char *names)
{
    struct buf seen;
    struct json_object *root = NULL;
    enum json_fault fault;
    const char *text = segment(s, jwt, 1);
    buf_init(&seen);
    assert_err(json_in_parse(text, strlen(text), &root, &fault), ERR_OK);
    assert_err(json_in_members(root, name_member, &seen), ERR_OK);
    assert_string_equal(buf_str(&seen), names);
    json_in_free(root);
    buf_free(&seen);
}

/* Everything else is in the row. */
static const char refresh_members[] = "token_type iss jti ati iat exp ";

/* RFC 9068 §2.2, §2.2.3. */
static void test_claims_of_the_oauth_dialect(void **state)
{
    struct site *s = *state;
    struct token_pair pair, own;
    s->dialect = DIALECT_OAUTH;
    snprintf(s->app.cfg.token.issuer, CONFIG_TEXT_CAP, "https://id.example");
    pair = issue(s, NOW_S);
    assert_members(s, pair.access, "iss sub aud client_id scope tenant_id exp iat jti token_type ");
    assert_members(s, pair.refresh, refresh_members);
    const char *claims = segment(s, pair.access, 1);
    assert_non_null(strstr(claims,
                           "\"iss\":\"https://id.example\",\"sub\":\"1\",\"aud\":\"https://id.example\","
                           "\"client_id\":\"app\",\"scope\":\"all read\",\"tenant_id\":\"t1\","));
    assert_err(verify(s, pair.access, NOW_S), ERR_OK);
    assert_err(refresh(s, pair.refresh, NOW_S, &pair), ERR_OK);
    set_client(s, "", "https://api.example");
    assert_err(verify(s, pair.access, NOW_S), ERR_TOKEN_INVALID); /* it was for the issuer itself */
    assert_err(try_issue(s, false, NOW_S, &own), ERR_OK);
    assert_non_null(strstr(segment(s, own.access, 1), "\"sub\":\"app\",\"aud\":\"https://api.example\","));
    assert_err(verify(s, own.access, NOW_S), ERR_OK);
}

static void test_an_audience_is_part_of_the_token(void **state)
{
    struct site *s = *state;
    struct token_pair plain = issue(s, NOW_S), meant;
    assert_null(strstr(segment(s, plain.access, 1), "\"aud\""));
    set_client(s, "", "reports");
    meant = issue(s, NOW_S);
    const char *claims = segment(s, meant.access, 1);
    assert_string_equal(claims + strlen(claims) - strlen(",\"aud\":\"reports\"}"), ",\"aud\":\"reports\"}");
    assert_null(strstr(segment(s, meant.refresh, 1), "\"aud\""));
    assert_err(verify(s, meant.access, NOW_S), ERR_OK);
    assert_err(verify(s, plain.access, NOW_S),
               ERR_TOKEN_INVALID); /* the row has an audience, the token none */
    set_client(s, "", "other");
    assert_err(verify(s, meant.access, NOW_S), ERR_TOKEN_INVALID);
    set_client(s, "", "");
    assert_err(verify(s, meant.access, NOW_S), ERR_TOKEN_INVALID);
    assert_err(verify(s, plain.access, NOW_S), ERR_OK);
    struct token_pair next;
    assert_err(refresh(s, meant.refresh, NOW_S, &next), ERR_OK);
}

static void test_a_jti_begins_with_the_time(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), later = issue(s, NOW_S + 1);
    /* 1 700 000 000 000 ms are 0x018bcfe56800. */
    assert_memory_equal(pair.row.jti, "018bcfe5-6800-7", 15);
    assert_memory_equal(pair.row.refresh_jti, "018bcfe5-6800-7", 15);
    assert_string_not_equal(pair.row.jti, pair.row.refresh_jti);
    assert_true(strcmp(pair.row.jti, later.row.jti) < 0);
}

static bool says_expired(struct site *s, const struct token_pair *pair)
{
    bool claim = strstr(segment(s, pair->access, 1), "\"password_expired\":true") != NULL;
    assert_int_equal(claim, pair->user.password_expired);
    return claim;
}

static void test_an_old_password_is_said_to_be_expired(void **state)
{
    struct site *s = *state;
    struct token_pair pair, next, again;
    struct token_bearer bearer;
    const int64_t end_s = s->user.password_changed_s + 500;
    s->app.cfg.login.password_max_age_s = 500;
    pair = issue(s, end_s - 1);
    assert_false(says_expired(s, &pair));
    assert_err(refresh(s, pair.refresh, end_s - 1, &next), ERR_OK);
    assert_false(says_expired(s, &next));
    assert_err(refresh(s, pair.refresh, end_s + 5, &again), ERR_OK); /* repeated: as it was */
    assert_false(says_expired(s, &again));
    assert_string_equal(again.access, next.access);
    assert_err(token_verify(&s->app, next.access, end_s + 5, &s->arena, &bearer), ERR_OK);
    assert_false(bearer.user.password_expired);
    assert_err(refresh(s, next.refresh, end_s, &again), ERR_OK);
    assert_true(says_expired(s, &again));
    assert_err(token_verify(&s->app, again.access, end_s, &s->arena, &bearer), ERR_OK);
    assert_true(bearer.user.password_expired);
    /* Changed with this very token, which goes on: it is new; unless that was after now. */
    COMMITTED(s, user_store_set_password(s->app.db, s->user.id, s->user.password_hash, end_s + 100));
    assert_err(token_verify(&s->app, again.access, end_s + 200, &s->arena, &bearer), ERR_OK);
    assert_false(bearer.user.password_expired);
    assert_err(token_verify(&s->app, again.access, end_s + 39, &s->arena, &bearer), ERR_OK);
    assert_true(bearer.user.password_expired);
    s->app.cfg.login.password_max_age_s = 0;
    pair = issue(s, end_s);
    assert_false(says_expired(s, &pair));
}

/* Each signature of ES256 is another; what is signed is the same. */
static void test_a_repeated_answer_has_the_same_claims(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, NOW_S), next, again;
    rotate(s, JWS_ES256, NOW_S, 0, NOW_S);
    set_client(s, "ES256", "");
    assert_err(refresh(s, first.refresh, NOW_S + 1, &next), ERR_OK);
    assert_err(refresh(s, first.refresh, NOW_S + GRACE_S, &again), ERR_OK);
    assert_string_equal(segment(s, next.access, 1), segment(s, again.access, 1));
    assert_string_equal(next.refresh, again.refresh);
    assert_string_not_equal(next.access, again.access);
    assert_err(verify(s, next.access, NOW_S + GRACE_S), ERR_OK);
    assert_err(verify(s, again.access, NOW_S + GRACE_S), ERR_OK);
}

/* ---- What is refused ---- */

/* The claims of `jwt` with `from` replaced by `to`, rightly signed by the site's own key; in the arena. */
static char *forge(struct site *s, const char *jwt, const char *from, const char *to)
{
    struct keyring ring;
    struct buf claims, out;
    const char *text = segment(s, jwt, 1), *at = strstr(text, from);
    assert_case(at != NULL, "%s in %s", from, text);
    buf_init(&claims);
    buf_init(&out);
    buf_add(&claims, text, (size_t)(at - text));
    buf_add_str(&claims, to);
    buf_add_str(&claims, at + strlen(from));
    assert_err(keyring_load(&s->app, NOW_S, &ring), ERR_OK);
    assert_err(jws_sign(keyring_signer(&ring, "", NOW_S), buf_str(&claims), claims.len, &out), ERR_OK);
    keyring_wipe(&ring);
    char *forged = arena_strdup(&s->arena, buf_str(&out));
    buf_free(&claims);
    buf_free(&out);
    return forged;
}

/* RFC 8725 §3.8 to §3.11; RFC 7519 §4.1. Signed with the right key, recorded, alive: only the claim is wrong.
 */
static void test_claims_that_are_refused(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S);
    static const char iat[] = "\"iat\":1700000000", exp[] = "\"exp\":1700043200",
                      iss[] = "\"iss\":\"menshen\"", type[] = "\"token_type\":\"access_token\"";
    static const struct {
        const char *from, *to;
        enum err err;
    } cases[] = {
        {iat, iat, ERR_OK}, /* what is compared with */
        {iat, "\"iat\":1700000060", ERR_OK},
        {iat, "\"iat\":1700000061", ERR_TOKEN_INVALID},
        {iat, "\"iat\":\"1700000000\"", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000.5", ERR_TOKEN_INVALID},
        {iat, "\"was\":1700000000", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"nbf\":1700000000", ERR_OK},
        {iat, "\"iat\":1700000000,\"nbf\":1700000001", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"nbf\":\"1\"", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"nbf\":1e3", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"nbf\":null", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"nbf\":[]", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"iat\":1700000000", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"aud\":\"menshen\"", ERR_TOKEN_INVALID},
        {iat, "\"iat\":1700000000,\"aud\":[\"menshen\"]", ERR_TOKEN_INVALID},
        {exp, "\"exp\":1700000001", ERR_OK},
        {exp, "\"exp\":1700000000", ERR_TOKEN_INVALID},
        {exp, "\"exp\":1700000000,\"exp\":1700043200", ERR_TOKEN_INVALID},
        {exp, "\"exp\":-1", ERR_TOKEN_INVALID},
        {exp, "\"exp\":1e99", ERR_TOKEN_INVALID},
        {exp, "\"exp\":\"1700043200\"", ERR_TOKEN_INVALID},
        {exp, "\"exp\":true", ERR_TOKEN_INVALID},
        {exp, "\"exp\":null", ERR_TOKEN_INVALID},
        {exp, "\"expires\":1700043200", ERR_TOKEN_INVALID},
        {iss, "\"iss\":\"Menshen\"", ERR_TOKEN_INVALID},
        {iss, "\"iss\":\"menshen/\"", ERR_TOKEN_INVALID},
        {iss, "\"iss\":[\"menshen\"]", ERR_TOKEN_INVALID},
        {iss, "\"iss\":null", ERR_TOKEN_INVALID},
        {iss, "\"iss\":\"menshen\",\"iss\":\"menshen\"", ERR_TOKEN_INVALID},
        {iss, "\"issuer\":\"menshen\"", ERR_TOKEN_INVALID},
        {type, "\"token_type\":\"id_token\"", ERR_TOKEN_INVALID},
        {type, "\"token_type\":\"refresh_token\"", ERR_TOKEN_INVALID},
        {type, "\"token_type\":\"refresh_token\",\"token_type\":\"access_token\"", ERR_TOKEN_INVALID},
        {type, "\"typ\":\"access_token\"", ERR_TOKEN_INVALID},
        {"\"jti\":\"0", "\"jti\":\"1", ERR_TOKEN_INVALID}, /* never recorded */
        {"\"jti\":", "\"jwt_id\":", ERR_TOKEN_INVALID},
        {"\"jti\":\"", "\"jti\":\"0000000000000000000000000000000000000", ERR_TOKEN_INVALID},
        {"\"account\":", "\"__proto__\":{},\"account\":", ERR_OK}, /* unknown members are nobody's business */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_case(verify(s, forge(s, pair.access, cases[i].from, cases[i].to), NOW_S) == cases[i].err,
                    "%s to %s", cases[i].from, cases[i].to);
}

/* Whoever holds the shared HMAC key must not make a refresh token of an access token that came without one.
 */
static void test_a_token_without_a_refresh_token_has_none(void **state)
{
    struct site *s = *state;
    struct token_pair pair, unused;
    char from[64], to[96];
    assert_err(try_issue(s, false, NOW_S, &pair), ERR_OK);
    snprintf(from, sizeof from, "\"jti\":\"%s\"", pair.row.jti);
    snprintf(to, sizeof to, "\"ati\":\"%s\",\"jti\":\"\"", pair.row.jti);
    const char *forged = forge(s, pair.access, from, to);
    forged = forge(s, forged, "\"access_token\"", "\"refresh_token\"");
    assert_err(refresh(s, forged, NOW_S, &unused), ERR_REFRESH_INVALID);
}

/* It ends the family whatever it asks for. */
static void test_late_reuse_that_asks_for_too_much(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, NOW_S), next, unused;
    s->client.refresh_reuse = "end";
    assert_err(refresh(s, first.refresh, NOW_S, &next), ERR_OK);
    assert_err(refresh_use(&s->app, &s->client, next.refresh, "more", "10.0.0.9", NOW_S, &s->arena, &unused),
               ERR_SCOPE);
    assert_err(refresh_use(&s->app, &s->client, first.refresh, "more", "10.0.0.9", NOW_S + GRACE_S + 1,
                           &s->arena, &unused),
               ERR_REFRESH_INVALID);
    assert_err(verify(s, next.access, NOW_S + GRACE_S + 1), ERR_TOKEN_INVALID);
}

static void test_refresh_claims_that_are_refused(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), unused;
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"\"ati\":", "\"was\":"},
        {"\"ati\":\"0", "\"ati\":\"1"},
        {"\"jti\":\"0", "\"jti\":\"1"}, /* not the one that was issued with the access token */
        {"\"token_type\":\"refresh_token\"", "\"token_type\":\"access_token\""},
        {"\"iat\":", "\"aud\":\"menshen\",\"iat\":"},
        {"\"iat\":1700000000", "\"iat\":1700000061"},
        {"\"iat\":", "\"nbf\":1700000001,\"iat\":"},
        {"\"iss\":\"menshen\"", "\"iss\":\"elsewhere\""},
    };
    bool is_refresh = false;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *forged = forge(s, pair.refresh, cases[i].from, cases[i].to);
        assert_case(refresh(s, forged, NOW_S, &unused) == ERR_REFRESH_INVALID, "%s to %s", cases[i].from,
                    cases[i].to);
        assert_case(inspect(s, forged, NOW_S, &is_refresh) == ERR_TOKEN_INVALID, "%s to %s", cases[i].from,
                    cases[i].to);
    }
    assert_err(refresh(s, forge(s, pair.refresh, "\"iat\"", "\"iat\""), NOW_S, &unused), ERR_OK);
}

/* What tokens said before version 3: whoever has one goes on with it. */
static void test_a_refresh_token_with_all_claims_is_good(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), next;
    const char *old = forge(
        s, pair.refresh, "\"jti\":", "\"tenant_id\":\"t1\",\"user_id\":\"1\",\"scope\":[\"all\"],\"jti\":");
    assert_err(refresh(s, old, NOW_S, &next), ERR_OK);
    assert_members(s, next.refresh, refresh_members);
}

/* Twelve roles, departments and posts: the refresh token is no longer for it. */
static void test_refresh_tokens_do_not_grow(void **state)
{
    struct site *s = *state;
    const struct token_pair small = issue(s, NOW_S);
    s->user.role_id = "1123598816738675201,1123598816738675202,1123598816738675203,1123598816738675204,"
                      "1123598816738675205,1123598816738675206,1123598816738675207,1123598816738675208";
    s->user.dept_id = s->user.post_id = s->user.role_name = s->user.role_id;
    const struct token_pair big = issue(s, NOW_S);
    assert_true(strlen(big.access) > 2 * strlen(small.access));
    assert_int_equal(strlen(big.refresh), strlen(small.refresh));
    assert_true(strlen(big.refresh) < 400);
}

/* ---- Reuse after the grace window ---- */

static enum err refresh_from(struct site *s, const char *jwt, const char *address, int64_t now_s,
                             struct token_pair *out)
{
    return refresh_use(&s->app, &s->client, jwt, NULL, address, now_s, &s->arena, out);
}

static const char home[] = "192.0.2.7", elsewhere[] = "198.51.100.9";
static const int64_t late_s = NOW_S + GRACE_S;

/* A login at home, refreshed once from there at NOW_S. */
static struct token_pair refreshed_at_home(struct site *s, struct token_pair *next)
{
    struct token_pair first = issue(s, NOW_S);
    assert_err(refresh_from(s, first.refresh, home, NOW_S, next), ERR_OK);
    return first;
}

static void assert_nothing_lives(struct site *s, const struct token_pair *a, const struct token_pair *b)
{
    struct token_pair unused;
    assert_err(verify(s, a->access, late_s), ERR_TOKEN_INVALID);
    assert_err(verify(s, b->access, late_s), ERR_TOKEN_INVALID);
    assert_err(refresh_from(s, b->refresh, home, late_s, &unused), ERR_REFRESH_INVALID);
}

static void test_who_says_what_becomes_of_a_reuse(void **state)
{
    struct site *s = *state;
    static const struct {
        enum dialect_id dialect;
        const char *of_client;
        enum err here, there; /* from the same address, from another */
        bool lives;           /* afterwards */
    } cases[] = {
        {DIALECT_BLADE, "", ERR_OK, ERR_REFRESH_INVALID, false},
        {DIALECT_SPRINGBLADE, NULL, ERR_OK, ERR_REFRESH_INVALID, false},
        {DIALECT_OAUTH, "", ERR_REFRESH_INVALID, ERR_REFRESH_INVALID, false},
        {DIALECT_EPLATFORM, "", ERR_REFRESH_INVALID, ERR_REFRESH_INVALID, false},
        {DIALECT_BLADE, "end", ERR_REFRESH_INVALID, ERR_REFRESH_INVALID, false},
        {DIALECT_OAUTH, "same-address", ERR_OK, ERR_REFRESH_INVALID, false},
        {DIALECT_BLADE, "refuse", ERR_REFRESH_INVALID, ERR_REFRESH_INVALID, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct token_pair next, again;
        s->dialect = cases[i].dialect;
        s->client.refresh_reuse = cases[i].of_client;
        struct token_pair first = refreshed_at_home(s, &next);
        assert_case(refresh_from(s, first.refresh, home, late_s, &again) == cases[i].here, "case %zu", i);
        first = refreshed_at_home(s, &next);
        assert_case(refresh_from(s, first.refresh, elsewhere, late_s, &again) == cases[i].there, "case %zu",
                    i);
        assert_case((verify(s, next.access, late_s) == ERR_OK) == cases[i].lives, "case %zu", i);
    }
}

static void test_a_stale_tab_gets_the_newest_pair(void **state)
{
    struct site *s = *state;
    struct token_pair second, third, stale;
    struct token_pair first = refreshed_at_home(s, &second);
    assert_err(refresh_from(s, second.refresh, home, late_s, &third), ERR_OK);
    for (int i = 0; i < 3; i++) { /* always the same: no branch */
        assert_err(refresh_from(s, first.refresh, home, late_s + 100, &stale), ERR_OK);
        assert_string_equal(stale.access, third.access);
        assert_string_equal(stale.refresh, third.refresh);
        assert_int_equal(stale.expires_in_s, ACCESS_S - 100); /* what is left of it */
    }
    assert_err(refresh_from(s, stale.refresh, home, late_s + 101, &third), ERR_OK); /* and it goes on */
    assert_err(refresh_from(s, stale.refresh, home, late_s + 101, &stale), ERR_OK);
    assert_string_equal(stale.refresh, third.refresh);
}

/* What the tab would do with it right away is done for it. */
static void test_a_newest_pair_whose_access_token_has_expired_is_rotated(void **state)
{
    struct site *s = *state;
    struct token_pair second, stale, again;
    struct token_pair first = refreshed_at_home(s, &second);
    const int64_t then_s = NOW_S + ACCESS_S;
    assert_err(refresh_from(s, first.refresh, home, then_s, &stale), ERR_OK);
    assert_string_not_equal(stale.refresh, second.refresh);
    assert_int_equal(stale.expires_in_s, ACCESS_S);
    assert_err(verify(s, stale.access, then_s), ERR_OK);
    assert_err(refresh_from(s, second.refresh, home, then_s, &again),
               ERR_OK); /* the other tab, in the window */
    assert_string_equal(again.refresh, stale.refresh);
}

static void test_the_address_is_that_of_the_last_refresh(void **state)
{
    struct site *s = *state;
    struct token_pair second, third, stale;
    struct token_pair first = refreshed_at_home(s, &second);
    assert_err(refresh_from(s, second.refresh, elsewhere, late_s, &third), ERR_OK); /* the person moved */
    assert_err(refresh_from(s, first.refresh, elsewhere, late_s, &stale), ERR_OK);
    assert_err(refresh_from(s, first.refresh, home, late_s, &stale), ERR_REFRESH_INVALID);
    assert_nothing_lives(s, &second, &third);
}

/* A token that was stolen before it was used: who comes second from elsewhere ends it for both. */
static void test_a_thief_who_is_first_is_found_out(void **state)
{
    struct site *s = *state;
    struct token_pair first = issue(s, NOW_S), thiefs, unused;
    assert_err(refresh_from(s, first.refresh, elsewhere, NOW_S, &thiefs), ERR_OK);
    assert_err(refresh_from(s, first.refresh, home, late_s, &unused), ERR_REFRESH_INVALID);
    assert_nothing_lives(s, &first, &thiefs);
}

static void test_ipv6_networks_and_what_is_no_address(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *last, *now;
        enum err err;
    } cases[] = {
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", ERR_OK}, /* privacy extensions */
        {"2001:db8:1:2::1", "2001:db8:1:3::1", ERR_REFRESH_INVALID},
        {"unknown", "unknown", ERR_REFRESH_INVALID},
        {"192.0.2.7", "192.0.2.8", ERR_REFRESH_INVALID},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct token_pair first = issue(s, NOW_S), next;
        assert_err(refresh_from(s, first.refresh, cases[i].last, NOW_S, &next), ERR_OK);
        assert_case(refresh_from(s, first.refresh, cases[i].now, late_s, &next) == cases[i].err, "%s %s",
                    cases[i].last, cases[i].now);
    }
}

static void test_a_stale_tab_gets_nothing_of_what_ended(void **state)
{
    struct site *s = *state;
    struct token_pair second, unused;
    struct token_pair first = refreshed_at_home(s, &second);
    const int64_t end_s = second.row.refresh_expires_s;
    assert_err(refresh_from(s, first.refresh, home, end_s - 1, &unused), ERR_OK);
    assert_err(refresh_from(s, first.refresh, home, end_s, &unused), ERR_REFRESH_INVALID);
    first = refreshed_at_home(s, &second);
    COMMITTED(s, session_store_revoke(s->app.db, first.row.session.id, late_s));
    assert_err(refresh_from(s, first.refresh, home, late_s, &unused), ERR_REFRESH_INVALID);
    first = refreshed_at_home(s, &second);
    s->user.locked = true;
    COMMITTED(s, user_store_set(s->app.db, &s->user));
    assert_err(refresh_from(s, first.refresh, home, late_s, &unused), ERR_REFRESH_INVALID);
    s->user.locked = false;
    COMMITTED(s, user_store_set(s->app.db, &s->user));
    assert_err(refresh_use(&s->app, &s->client, first.refresh, "more", home, late_s, &s->arena, &unused),
               ERR_SCOPE);
    s->client.locked = true;
    COMMITTED(s, client_store_set(s->app.db, &s->client));
    assert_err(refresh_from(s, first.refresh, home, late_s, &unused), ERR_REFRESH_INVALID);
}

/* The clock was ten years ahead when the token was used, and is right again. */
static void test_the_grace_window_does_not_wait_for_a_clock_that_was_ahead(void **state)
{
    struct site *s = *state;
    struct token_pair unused;
    s->client.refresh_reuse = "end";
    for (int i = 0; i < 2; i++) {
        const int64_t ahead_s = i == 0 ? 60 : 315360000; /* another worker's host may be a minute ahead */
        struct token_pair first = issue(s, NOW_S);
        struct token_pair next = issue(s, NOW_S);
        COMMITTED(s, token_store_use(s->app.db, first.row.id, NOW_S + ahead_s, next.row.id));
        refresh(s, first.refresh, NOW_S, &unused);
        assert_case((verify(s, first.access, NOW_S) == ERR_OK) == (i == 0), "%d", (int)ahead_s);
    }
}

/* Without a window two tabs at once come one after the other. */
static void test_stale_tabs_without_a_grace_window(void **state)
{
    struct site *s = *state;
    struct token_pair second, stale;
    s->app.cfg.token.refresh_grace_s = 0;
    struct token_pair first = refreshed_at_home(s, &second);
    assert_err(refresh_from(s, first.refresh, home, NOW_S, &stale), ERR_OK);
    assert_string_equal(stale.refresh, second.refresh);
    assert_err(refresh_from(s, first.refresh, elsewhere, NOW_S, &stale), ERR_REFRESH_INVALID);
}

/* ---- Inspection and endings ---- */

static void test_inspection_knows_both_kinds(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), next, own;
    struct token_bearer bearer;
    bool is_refresh = true;
    assert_err(token_inspect(&s->app, pair.access, NOW_S, &s->arena, &bearer, &is_refresh), ERR_OK);
    assert_false(is_refresh);
    assert_string_equal(bearer.row.jti, pair.row.jti);
    assert_string_equal(bearer.user.account, "admin");
    assert_err(token_inspect(&s->app, pair.refresh, NOW_S, &s->arena, &bearer, &is_refresh), ERR_OK);
    assert_true(is_refresh);
    assert_string_equal(bearer.row.refresh_jti, pair.row.refresh_jti);
    assert_err(try_issue(s, false, NOW_S, &own), ERR_OK);
    assert_err(token_inspect(&s->app, own.access, NOW_S, &s->arena, &bearer, &is_refresh), ERR_OK);
    assert_int_equal(bearer.user.id, 0);
    assert_false(is_refresh);
    assert_err(inspect(s, pair.refresh, NOW_S + REFRESH_S - 1, &is_refresh), ERR_OK);
    assert_err(inspect(s, pair.refresh, NOW_S + REFRESH_S, &is_refresh), ERR_TOKEN_INVALID);
    assert_err(refresh(s, pair.refresh, NOW_S + 5, &next), ERR_OK);
    assert_err(token_inspect(&s->app, pair.refresh, NOW_S + 5, &s->arena, &bearer, &is_refresh), ERR_OK);
    assert_int_equal(bearer.row.used_s, NOW_S + 5); /* what that means is the asker's to say */
    assert_err(inspect(s, pair.access, NOW_S + 5, &is_refresh), ERR_OK);
    assert_err(inspect(s, next.refresh, NOW_S + 5, &is_refresh), ERR_OK);
    s->user.locked = true;
    COMMITTED(s, user_store_set(s->app.db, &s->user));
    assert_err(inspect(s, next.refresh, NOW_S + 5, &is_refresh), ERR_TOKEN_INVALID);
    assert_err(inspect(s, next.access, NOW_S + 5, &is_refresh), ERR_TOKEN_INVALID);
    assert_err(inspect(s, "", NOW_S, &is_refresh), ERR_TOKEN_INVALID);
    assert_err(inspect(s, "a.b.c", NOW_S, &is_refresh), ERR_TOKEN_INVALID);
}

static enum err note_event(void *ctx, const struct audit_row *row)
{
    buf_addf(ctx, "%s %s %s %s %s %s %d\n", row->actor, row->action, row->result, row->client_id,
             row->dialect, row->address, (int)(row->at_s - NOW_S));
    return ERR_OK;
}

static void assert_audit(struct site *s, const char *expected)
{
    struct buf seen;
    buf_init(&seen);
    assert_err(
        audit_store_list(s->app.db, &(struct audit_filter){.limit = 100}, &s->arena, note_event, &seen),
        ERR_OK);
    assert_string_equal(buf_str(&seen), expected);
    buf_free(&seen);
}

static void test_the_end_of_a_session_is_audited(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), own;
    struct token_bearer bearer;
    bool is_refresh = false;
    assert_err(token_inspect(&s->app, pair.refresh, NOW_S, &s->arena, &bearer, &is_refresh), ERR_OK);
    assert_err(token_end_session(&s->app, &bearer, AUDIT_LOGOUT, ERR_OK, "10.0.0.2", NOW_S + 1), ERR_OK);
    assert_err(verify(s, pair.access, NOW_S + 1), ERR_TOKEN_INVALID);
    assert_err(try_issue(s, false, NOW_S, &own), ERR_OK);
    assert_err(token_verify(&s->app, own.access, NOW_S, &s->arena, &bearer), ERR_OK);
    assert_err(token_end_session(&s->app, &bearer, AUDIT_TOKEN_REVOKE, ERR_OK, "10.0.0.3", NOW_S + 2),
               ERR_OK);
    arena_reset(&s->arena);
    assert_audit(s, "user:t1/admin logout ok app blade 10.0.0.2 1\n"
                    "client:app token.revoke ok app blade 10.0.0.3 2\n");
}

static void test_the_end_of_a_family_is_audited(void **state)
{
    struct site *s = *state;
    struct token_pair pair = issue(s, NOW_S), next, unused;
    s->client.refresh_reuse = "end";
    assert_err(refresh(s, pair.refresh, NOW_S, &next), ERR_OK);
    assert_err(refresh(s, pair.refresh, NOW_S + GRACE_S - 1, &unused), ERR_OK);
    assert_err(refresh(s, pair.refresh, NOW_S + GRACE_S, &unused), ERR_REFRESH_INVALID);
    assert_err(refresh(s, next.refresh, NOW_S + GRACE_S, &unused), ERR_REFRESH_INVALID);
    assert_err(verify(s, next.access, NOW_S + GRACE_S), ERR_TOKEN_INVALID);
    arena_reset(&s->arena);
    assert_audit(s, "user:t1/admin refresh.reuse refresh_token_invalid app blade 10.0.0.9 30\n");
}

/* Once for each token, however often it comes: whoever has one does not fill the disk. */
static void test_reuse_that_ends_nothing_is_audited_once(void **state)
{
    struct site *s = *state;
    struct token_pair second, unused;
    struct token_pair first = refreshed_at_home(s, &second);
    for (int i = 0; i < 3; i++)
        assert_err(refresh_from(s, first.refresh, home, late_s + i, &unused), ERR_OK);
    assert_err(refresh_from(s, second.refresh, home, late_s + 3, &unused), ERR_OK);
    s->client.refresh_reuse = "refuse";
    for (int i = 0; i < 3; i++)
        assert_err(refresh_from(s, second.refresh, elsewhere, late_s + 3 + GRACE_S, &unused),
                   ERR_REFRESH_INVALID);
    assert_err(refresh_from(s, first.refresh, elsewhere, late_s + 3 + GRACE_S, &unused), ERR_REFRESH_INVALID);
    arena_reset(&s->arena);
    assert_audit(s, "user:t1/admin refresh.stale ok app blade 192.0.2.7 30\n"
                    "user:t1/admin refresh.refused refresh_token_invalid app blade 198.51.100.9 63\n");
}

/* Ten tokens have expired: a new one clears eight of them away, the next the rest. */
static void test_expired_tokens_go_a_few_at_a_time(void **state)
{
    struct site *s = *state;
    int64_t left = 0;
    for (int i = 0; i < 10; i++)
        issue(s, NOW_S);
    const int64_t later_s = NOW_S + REFRESH_S;
    assert_err(db_expired_count(s->app.db, later_s, &left), ERR_OK);
    assert_int_equal(left, 20); /* each with its session */
    for (int expected = 16; expected >= 0; expected -= 4) {
        issue(s, later_s); /* more go than come */
        assert_err(db_expired_count(s->app.db, later_s, &left), ERR_OK);
        assert_int_equal(left, expected);
    }
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_each_client_has_its_algorithm),
        T(test_without_its_key_a_client_gets_nothing),
        T(test_old_keys_verify_until_the_overlap_is_over),
        T(test_an_end_is_never_put_off),
        T(test_a_family_outlives_a_rotation),
        T(test_what_an_imported_key_takes_the_place_of),
        T(test_what_is_needed_is_not_retired),
        T(test_keys_from_the_future_sign_where_no_other_does),
        T(test_tokens_from_the_future_are_refused_and_it_is_said),
        T(test_keys_in_use_have_a_limit),
        T(test_how_long_tokens_of_an_algorithm_live),
        T(test_a_damaged_key_is_an_error),
        T(test_the_key_set),
        T(test_claims_of_the_oauth_dialect),
        T(test_an_audience_is_part_of_the_token),
        T(test_a_jti_begins_with_the_time),
        T(test_an_old_password_is_said_to_be_expired),
        T(test_a_repeated_answer_has_the_same_claims),
        T(test_claims_that_are_refused),
        T(test_refresh_claims_that_are_refused),
        T(test_a_token_without_a_refresh_token_has_none),
        T(test_late_reuse_that_asks_for_too_much),
        T(test_a_refresh_token_with_all_claims_is_good),
        T(test_refresh_tokens_do_not_grow),
        T(test_who_says_what_becomes_of_a_reuse),
        T(test_a_stale_tab_gets_the_newest_pair),
        T(test_a_newest_pair_whose_access_token_has_expired_is_rotated),
        T(test_the_address_is_that_of_the_last_refresh),
        T(test_a_thief_who_is_first_is_found_out),
        T(test_ipv6_networks_and_what_is_no_address),
        T(test_a_stale_tab_gets_nothing_of_what_ended),
        T(test_stale_tabs_without_a_grace_window),
        T(test_the_grace_window_does_not_wait_for_a_clock_that_was_ahead),
        T(test_reuse_that_ends_nothing_is_audited_once),
        T(test_inspection_knows_both_kinds),
        T(test_the_end_of_a_session_is_audited),
        T(test_the_end_of_a_family_is_audited),
        T(test_expired_tokens_go_a_few_at_a_time),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
