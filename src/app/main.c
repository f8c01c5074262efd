/* main.c - finds the command and runs it. */
#include <signal.h>
#include <stdio.h>

#include "app/commands.h"
#include "base/compat.h"
#include "sandbox/sandbox.h"

static const struct command *const commands[] = {
    &COMMAND_SERVE, &COMMAND_ENV, &COMMAND_ACCOUNTS, &COMMAND_DETECT, &COMMAND_FINDINGS, &COMMAND_SUPPRESS, &COMMAND_NOTIFY, &COMMAND_SOURCES, &COMMAND_MATCH, &COMMAND_RULES, &COMMAND_POLICY,
    &COMMAND_INTEL, &COMMAND_USAGE, &COMMAND_RECONCILE, &COMMAND_VERIFY_LOGS, &COMMAND_AUDIT, &COMMAND_IMDS, &COMMAND_COVERAGE, &COMMAND_BACKUP, &COMMAND_RESTORE, &COMMAND_ADMIN,
};

int command_failed(const struct command *command, const struct ctx *ctx)
{
    fprintf(stderr, "yagura %s: %s\n", command->name, ctx->reason);
    return 4;
}

static void help(FILE *out)
{
    fputs("yagura: a self-hosted cloud-security platform that speaks the AWS APIs\n\nusage: yagura COMMAND [options]\n\n"
          "commands:\n", out);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nyagura COMMAND --help tells more.\n\nexamples:\n"
          "  yagura detect logs/                     findings in a folder of CloudTrail logs, no server needed\n"
          "  yagura serve --watch logs/              the services on 127.0.0.1:4700, following a folder\n"
          "  eval \"$(yagura env)\"                    point aws, boto3 and the other SDKs at it\n"
          "  aws guardduty list-detectors\n", out);
}

int main(int argc, char **argv)
{
    /* A reader that went away (yagura … | head) must not kill a server or a half-written report. */
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && str_equal(str_of(argv[1]), STR(SANDBOX_COMMAND))) {
        sandbox_helper(); /* of a server's own: not for people */
    }
    const struct str word = argc > 1 ? str_of(argv[1]) : STR("--help");
    if (str_equal(word, STR("--help")) || str_equal(word, STR("-h")) || str_equal(word, STR("help"))) {
        help(stdout);
        return argc > 1 ? 0 : 2;
    }
    if (str_equal(word, STR("--version")) || str_equal(word, STR("version"))) {
        puts("yagura " YAGURA_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (str_equal(word, str_of(commands[i]->name))) {
            return commands[i]->run(commands[i], argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "yagura: there is no command \"%s\"\n", argv[1]);
    help(stderr);
    return 2;
}
