/*
 * The yardstick of FastCGI: gives a request's body back, under the headers that a captcha has. What it costs
 * is libfcgi and the web server.
 *
 * Depends on libfcgi. Started by a web server with a listening socket on descriptor 0; ends on SIGTERM.
 */
#include <fcgiapp.h>
#include <signal.h>

enum { BODY_CAP = 65536 };

static void stop(int signal_number)
{
    (void)signal_number;
    FCGX_ShutdownPending();
}

static void answer(FCGX_Request *request)
{
    char body[BODY_CAP];
    int size = FCGX_GetStr(body, BODY_CAP, request->in);
    FCGX_FPrintF(request->out,
                 "Status: 200 OK\r\n"
                 "Content-Type: application/json;charset=UTF-8\r\n"
                 "Content-Length: %d\r\n"
                 "Cache-Control: no-store\r\n"
                 "Pragma: no-cache\r\n\r\n",
                 size);
    FCGX_PutStr(body, size, request->out);
}

int main(void)
{
    struct sigaction on_stop = {.sa_handler = stop}; /* without SA_RESTART: a waiting accept(2) returns */
    FCGX_Request request;
    sigemptyset(&on_stop.sa_mask);
    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR) != 0 ||
        sigaction(SIGTERM, &on_stop, NULL) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        answer(&request);
        FCGX_Finish_r(&request);
    }
    return 0;
}
