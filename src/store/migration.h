/*
 * How a database that exists becomes one of this version. Depends on nothing.
 * Source: schema.sql, which is the newest state.
 */
#ifndef STORE_MIGRATION_H
#define STORE_MIGRATION_H

#define DB_SCHEMA_VERSION 4 /* as schema.sql sets user_version */

/*
 * [N] turns the schema of user_version N into that of N + 1; [0] is NULL, there is no version 0. Run in one
 * transaction, with foreign keys off: a table that is made anew would take along what refers to it. They may call
 * account_folded(TEXT), which is base/account.h's account_fold.
 */
extern const char *const migration_sql[DB_SCHEMA_VERSION];

#endif
