/* commands.h - the commands of the binary; each takes argv[0] as its own name and gives the exit status:
 * 0 nothing found or done, 1 something found, 2 wrong usage, 3 some input skipped, 4 failure. */
#ifndef YAGURA_APP_COMMANDS_H
#define YAGURA_APP_COMMANDS_H

#include "app/config.h"

#define YAGURA_VERSION "0.1.0"

extern const struct command COMMAND_SERVE;
extern const struct command COMMAND_ENV;
extern const struct command COMMAND_ACCOUNTS;
extern const struct command COMMAND_DETECT;
extern const struct command COMMAND_FINDINGS;
extern const struct command COMMAND_SUPPRESS;
extern const struct command COMMAND_NOTIFY;
extern const struct command COMMAND_MATCH;
extern const struct command COMMAND_RULES;
extern const struct command COMMAND_POLICY;
extern const struct command COMMAND_INTEL;
extern const struct command COMMAND_SOURCES;
extern const struct command COMMAND_USAGE;
extern const struct command COMMAND_RECONCILE;
extern const struct command COMMAND_VERIFY_LOGS;
extern const struct command COMMAND_AUDIT;
extern const struct command COMMAND_IMDS;
extern const struct command COMMAND_COVERAGE;
extern const struct command COMMAND_BACKUP;
extern const struct command COMMAND_RESTORE;
extern const struct command COMMAND_ADMIN;

/* Prints "yagura NAME: REASON" and gives 4. */
int command_failed(const struct command *command, const struct ctx *ctx);

#endif
