/*
 * The second yardstick of plain CGI: the least that a program with this database can do. It opens the file that DATABASE
 * names, commits one row, answers and leaves the log as it is, without a settings file, HTTP, pictures or tokens.
 * Linked statically. Exit 1 if anything failed.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
    static const char answer[] = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello, world\n";
    static const char sql[] = "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE;"
                              "UPDATE setting SET value = value WHERE name = 'captcha_style'; COMMIT";
    const char *path = getenv("DATABASE");
    sqlite3 *db = NULL;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (path == NULL ||
        sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return 1;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    return write(STDOUT_FILENO, answer, sizeof answer - 1) == (ssize_t)(sizeof answer - 1) ? 0 : 1;
}
