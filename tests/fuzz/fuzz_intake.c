/* Whatever a peer sends to a FastCGI worker, in two pieces: the same comes of it as in one. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "server/intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct intake whole, cut;
    size_t at = size > 0 ? data[0] % size : 0;
    intake_init(&whole, BODY_MAX);
    intake_init(&cut, BODY_MAX);
    intake_add(&whole, data, size);
    intake_add(&cut, data, at);
    intake_add(&cut, data + at, size - at);
    assert(whole.state == cut.state && whole.body.len == cut.body.len && whole.head.len == cut.head.len);
    assert(whole.body.len <= BODY_MAX && whole.head.len <= INTAKE_HEAD_MAX);
    assert(whole.body.len == 0 || memcmp(whole.body.data, cut.body.data, whole.body.len) == 0);
    while (whole.state == INTAKE_DONE)
        intake_next(&whole);
    intake_free(&whole);
    intake_free(&cut);
    return 0;
}
