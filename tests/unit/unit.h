/*
 * What the unit tests share: cmocka with what it wants included first, and a few comparisons.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Name the row of a table of cases when it fails. */
#define assert_case(CONDITION, ...)                                                                          \
    do {                                                                                                     \
        if (!(CONDITION)) {                                                                                  \
            print_error(__VA_ARGS__);                                                                        \
            print_error("\n");                                                                               \
            fail_msg("%s", #CONDITION);                                                                      \
        }                                                                                                    \
    } while (0)

/* Compare outcomes by number, since two may share a name, and name them when they differ. */
#define assert_err(E, EXPECTED)                                                                              \
    do {                                                                                                     \
        enum err got_ = (E);                                                                                 \
        assert_case(got_ == (EXPECTED), "%s instead of %s (%d)", err_info(got_)->name,                       \
                    err_info(EXPECTED)->name, (int)got_);                                                    \
    } while (0)

#endif
