/*
 * What `init --demo` makes and `doctor` looks for. Everybody knows these; they are the seeds' sample values.
 * Source: contracts, section blade.
 */
#ifndef ADMIN_DEMO_H
#define ADMIN_DEMO_H

#define DEMO_TENANT   "000000"
#define DEMO_CLIENT   "sword"
#define DEMO_SECRET   "sword_secret"
#define DEMO_ACCOUNT  "admin"
#define DEMO_PASSWORD "admin"

#endif
