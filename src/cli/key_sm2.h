/*
 * menshen key sm2: the key that browsers encrypt passwords to. Its row stands with the other key commands.
 * Depends on cli/cli.
 */
#ifndef CLI_KEY_SM2_H
#define CLI_KEY_SM2_H

#include "cli/cli.h"

#define KEY_SM2_DETAILS                                                                                      \
    "What is printed goes into the front end (Saber: website.auth.publicKey). The private key stays here\n"  \
    "and is never shown; it is made when it is first needed. --import is for front ends that were built\n"   \
    "with another server's key already: 64 hex digits, asked for on a terminal, else read as one line "      \
    "from\n"                                                                                                 \
    "standard input. Both options replace the key at once, and front ends with the old one cannot log\n"     \
    "anybody in any more."

#define KEY_SM2_EXAMPLES "menshen key sm2\nmenshen key sm2 --import < private-key.txt\nmenshen key sm2 --new"

extern const struct cli_option key_sm2_options[];

enum cli_status key_sm2_run(struct cli *cli);

#endif
