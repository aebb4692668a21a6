#include "store/migration.h"

#include <stddef.h>

const char *const migration_sql[DB_SCHEMA_VERSION] = {
    [0] = NULL,

    /* Keys of other algorithms, that are published before they sign and verify after they signed; clients
     * with an algorithm, an audience, SM2 on the wire and two secrets during a rotation; the audit. */
    [1] =
        "CREATE TABLE new_sign_key ("
        " kid TEXT PRIMARY KEY,"
        " alg TEXT NOT NULL CHECK (alg IN ('HS256', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA')),"
        " secret BLOB NOT NULL,"
        " created_s INTEGER NOT NULL,"
        " signs_from_s INTEGER NOT NULL,"
        " retired_s INTEGER"
        ") STRICT, WITHOUT ROWID;"
        "INSERT INTO new_sign_key SELECT kid, alg, secret, created_s, created_s, retired_s FROM sign_key;"
        "DROP TABLE sign_key;"
        "ALTER TABLE new_sign_key RENAME TO sign_key;"

        "CREATE TABLE new_client ("
        " id TEXT PRIMARY KEY,"
        " secret_mac BLOB,"
        " old_secret_mac BLOB,"
        " old_secret_until_s INTEGER,"
        " grants TEXT NOT NULL,"
        " scope TEXT NOT NULL DEFAULT 'all',"
        " password_wire TEXT NOT NULL DEFAULT 'md5' CHECK (password_wire IN ('md5', 'plain', 'sm2')),"
        " alg TEXT CHECK (alg IN ('HS256', 'HS384', 'HS512', 'RS256', 'ES256', 'EdDSA')),"
        " audience TEXT NOT NULL DEFAULT '',"
        " access_ttl_s INTEGER,"
        " refresh_ttl_s INTEGER,"
        " locked INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),"
        " created_s INTEGER NOT NULL"
        ") STRICT, WITHOUT ROWID;"
        "INSERT INTO new_client (id, secret_mac, grants, scope, password_wire, access_ttl_s, refresh_ttl_s,"
        " locked, created_s)"
        " SELECT id, secret_mac, grants, scope, password_wire, access_ttl_s, refresh_ttl_s, locked, created_s"
        " FROM client;"
        "DROP TABLE client;"
        "ALTER TABLE new_client RENAME TO client;"

        "CREATE TABLE audit ("
        " id INTEGER PRIMARY KEY,"
        " at_s INTEGER NOT NULL,"
        " actor TEXT NOT NULL,"
        " action TEXT NOT NULL,"
        " subject TEXT NOT NULL DEFAULT '',"
        " result TEXT NOT NULL,"
        " client_id TEXT NOT NULL DEFAULT '',"
        " dialect TEXT NOT NULL DEFAULT '',"
        " address TEXT NOT NULL DEFAULT '',"
        " expires_s INTEGER NOT NULL"
        ") STRICT;"
        "CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit"
        " BEGIN SELECT raise(ABORT, 'audit rows are never changed'); END;"
        "CREATE TRIGGER audit_leaves_from_the_old_end BEFORE DELETE ON audit"
        " WHEN OLD.id > (SELECT min(id) FROM audit)"
        " BEGIN SELECT raise(ABORT, 'audit rows leave from the old end only'); END;",
};
