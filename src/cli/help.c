#include "cli/help.h"

#include <string.h>

enum { INDENT = 28 }; /* column where explanations start */

static void print_pair(FILE *to, const char *left, const char *right)
{
    fprintf(to, "  %-*s %s\n", INDENT - 3, left, right);
}

static void print_command(FILE *to, const struct cli_command *c)
{
    char left[96];
    snprintf(left, sizeof left, "%s%s%s%s%s", c->family, c->verb != NULL ? " " : "",
             c->verb != NULL ? c->verb : "", c->operands != NULL ? " " : "",
             c->operands != NULL ? c->operands : "");
    print_pair(to, left, c->summary);
}

static void print_option(FILE *to, const char *name, const char *value, const char *help)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, value != NULL ? " " : "", value != NULL ? value : "");
    print_pair(to, left, help);
}

static void print_own_options(FILE *to, const struct cli_command *c)
{
    for (const struct cli_option *o = c->options; o != NULL && o->name != NULL; o++) {
        char letter = o == c->options ? c->first_letter : '\0';
        char name[32];
        snprintf(name, sizeof name, "%s%s%.1s", o->name, letter != '\0' ? ", -" : "", &letter);
        print_option(to, name, o->value, o->help);
    }
}

/* A text of several lines, each indented. */
static void print_lines(FILE *to, const char *text, const char *indent)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        fprintf(to, "%s%.*s\n", indent, (int)len, text);
        text += len;
        if (*text == '\n')
            text++;
    }
}

void help_family(FILE *to, const struct cli_command *family)
{
    fprintf(to, "Usage: menshen %s COMMAND [OPTION]...\n\n", family->family);
    for (const struct cli_command *c = family; c->family != NULL; c++)
        print_command(to, c);
    fprintf(to, "\nmenshen %s COMMAND --help explains a command, with examples.\n", family->family);
}

void help_all(FILE *to, const struct cli_command *const families[])
{
    fputs("Menshen gives a site captchas and logins: as FastCGI or CGI program, and, here, on the command "
          "line.\n"
          "\n"
          "Usage: menshen [--conf FILE] COMMAND [OPTION]...\n"
          "\n",
          to);
    for (size_t i = 0; families[i] != NULL; i++)
        for (const struct cli_command *c = families[i]; c->family != NULL; c++)
            print_command(to, c);
    fputs("\n", to);
    print_option(to, "conf", "FILE", "configuration to use; else it is looked for (see: menshen config)");
    print_option(to, "help", NULL, "this text; after a command: its options and examples");
    print_option(to, "version", NULL, "the version");
    fputs("\nExit status: 0 done, 1 failed, 2 wrong usage. A new site starts with: menshen init\n", to);
}

void help_command(FILE *to, const struct cli_command *c)
{
    fprintf(to, "Usage: menshen %s%s%s%s%s [OPTION]...\n\n%s.\n", c->family, c->verb != NULL ? " " : "",
            c->verb != NULL ? c->verb : "", c->operands != NULL ? " " : "",
            c->operands != NULL ? c->operands : "", c->summary);
    if (c->details != NULL)
        print_lines(to, c->details, "");
    fputs("\nOptions:\n", to);
    print_own_options(to, c);
    print_option(to, "conf", "FILE", "configuration to use");
    if (c->json)
        print_option(to, "json", NULL, "print JSON");
    print_option(to, "help", NULL, "this text");
    fputs("\nExamples:\n", to);
    print_lines(to, c->examples, "  ");
}
