/* Configuration files: whatever stands in one, it is read or refused with a reason. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = "build/fuzz/config-XXXXXX";
    struct config cfg;
    struct config_view view;
    struct buf why;
    int fd = mkstemp(path);
    assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
    buf_init(&why);
    enum err e = config_load(&cfg, path, &why);
    assert(e == ERR_OK || why.len > 0);
    for (size_t i = 0; e == ERR_OK && config_view_at(&cfg, i, &view); i++)
        assert(view.section != NULL && view.key != NULL);
    buf_free(&why);
    unlink(path);
    return 0;
}
