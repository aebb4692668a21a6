/*
 * Files that commands read as text, whatever encoding they are of.
 * Depends on cli/cli, admin/import.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base/buf.h"
#include "cli/cli.h"

/*
 * The whole of the file that the first operand names, "-" for standard input, as UTF-8 without a byte order mark.
 *
 * What --encoding says it is, else what its byte order mark says, else UTF-8; but refused, with advice, where that is
 * likely to be wrong. `out` is a secret, initialized and freed by the caller. CLI_DONE; CLI_FAILED or CLI_USAGE after
 * saying why.
 */
enum cli_status input_read(const struct cli *cli, struct buf *out);

#endif
