/*
 * Outcomes. Every function that can fail returns `enum err`; 0 is success. One table (err.c) gives each
 * outcome its HTTP status, its log name and its log level, so that a status is decided in one place. Dialects
 * add their own codes and texts on top of it.
 *
 * Depends on nothing.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    ERR_OK = 0,
    /* The request. */
    ERR_BAD_REQUEST,       /* syntax, encoding, or a value of the wrong form */
    ERR_MISSING_PARAM,     /* a required parameter is absent or empty */
    ERR_CONFLICTING_PARAM, /* the same parameter in two places with different values, or twice in one place */
    ERR_BAD_SOURCE,        /* the calling channel is missing or not one of the configured ones */
    ERR_NO_SUCH_PATH,      /* no route */
    ERR_METHOD_NOT_ALLOWED, /* a route, but not with this method */
    ERR_TOO_LARGE,          /* body over the limit of its route */
    ERR_SLOW,               /* it did not come to its end in time */
    ERR_UNSUPPORTED_TYPE,   /* Content-Type that the route does not read */
    ERR_FORBIDDEN,          /* somebody who is known, and may not */
    ERR_FORM,               /* a form that no page of ours sent, or one of another session */
    /* Client, grant, scope. */
    ERR_CLIENT_UNKNOWN,    /* no such client; public face as the next one */
    ERR_CLIENT_SECRET,     /* wrong client secret */
    ERR_CLIENT_MISSING,    /* no client credentials at all */
    ERR_GRANT_UNSUPPORTED, /* no such grant_type */
    ERR_GRANT_NOT_ALLOWED, /* this client may not use this grant */
    ERR_SCOPE,             /* scope outside the client's */
    /* Login. */
    ERR_CAPTCHA,          /* wrong, used, expired or unknown captcha: one face */
    ERR_CAPTCHA_REQUIRED, /* a captcha is due, after a failure, and none came */
    ERR_USER_UNKNOWN,     /* no such tenant or account; public face as the next one */
    ERR_PASSWORD,         /* wrong password */
    ERR_PASSWORD_UNSEEN, /* only its MD5 came, and the verifier is over the password itself; for the audit and
                             the log, requests are told ERR_PASSWORD */
    ERR_USER_LOCKED,     /* locked by an administrator */
    ERR_USER_UNUSED,     /* not used for so long that it is locked; requests are told ERR_USER_LOCKED */
    ERR_USER_NETWORK, /* a group does not let its members in from there; requests are told ERR_USER_LOCKED */
    ERR_PASSWORD_EXPIRED, /* right, but expired, and this site gives no tokens for it */
    ERR_LOGIN_LOCKED,     /* too many failures of this account or address */
    ERR_TOKEN_MISSING,    /* a bearer token is required and absent */
    ERR_TOKEN_INVALID,    /* bad signature, expired, revoked or unknown bearer token */
    ERR_TOKEN_FOREIGN,    /* a token that was issued to another client */
    ERR_REFRESH_INVALID,  /* bad, expired, revoked or reused refresh token */
    ERR_PASSWORD_CONFIRM, /* new password and its confirmation differ */
    ERR_PASSWORD_SHORT,   /* a new password has fewer characters than the configuration asks for */
    ERR_PASSWORD_LONG,    /* a new password has more than 128 characters */
    ERR_PASSWORD_COMMON,  /* a new password is one of the most common ones */
    ERR_PASSWORD_ACCOUNT, /* a new password is the account's name */
    ERR_PASSWORD_KINDS,   /* a new password has fewer kinds of characters than the configuration asks for */
    ERR_PASSWORD_REUSED,  /* a new password is one of the last that the person had */
    ERR_PASSWORD_HIDDEN,  /* only the MD5 of a new password came, and the rules have to see it */
    ERR_PASSWORD_SM2,     /* not encrypted to this site's SM2 key */
    /* Limits. */
    ERR_RATE, /* too many requests from this address */
    ERR_FULL, /* there is no room: of short captcha ids none was free; as many keys as there can be */
    ERR_BUSY, /* the database stayed locked for the whole busy timeout; nothing was changed */
    /* Store and system. */
    ERR_NOT_FOUND,   /* no such row */
    ERR_EXISTS,      /* a row with this key is there already */
    ERR_STORE,       /* the database failed; nothing was changed */
    ERR_NOT_DURABLE, /* it was done, and the disk has not confirmed it */
    ERR_CRYPTO,      /* libcrypto or libargon2 failed */
    ERR_RANDOM,      /* the system's random source failed */
    ERR_MEMORY,      /* out of memory, or a request beyond its arena's cap */
    ERR_IO,          /* reading or writing a file or the connection failed */
    ERR_CONFIG,      /* the configuration is wrong */
    ERR_DOWN,        /* the site could not be started; the log says why */
    ERR_INTERNAL,    /* an invariant did not hold */
    ERR_COUNT
};

enum err_level { ERR_LEVEL_DEBUG, ERR_LEVEL_INFO, ERR_LEVEL_WARN, ERR_LEVEL_ERROR };

struct err_info {
    int http_status;
    const char *name; /* snake_case, for logs and for dialects that have a string code */
    enum err_level level;
};

/* The row of `e`; never NULL. An out-of-range value gives the row of ERR_INTERNAL. */
const struct err_info *err_info(enum err e);

#endif
