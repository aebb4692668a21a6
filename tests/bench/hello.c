/*
 * The yardstick of plain CGI: the least that a program can do. Linked statically, so nothing is loaded.
 * Writes one CGI answer and ends; exit 1 if it could not be written.
 */
#include <unistd.h>

int main(void)
{
    static const char answer[] = "Status: 200 OK\r\nContent-Type: text/plain\r\n\r\nhello, world\n";
    return write(STDOUT_FILENO, answer, sizeof answer - 1) == (ssize_t)(sizeof answer - 1) ? 0 : 1;
}
