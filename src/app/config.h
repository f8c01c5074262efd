/* config.h - the settings of every command, from one table: command line, configuration file and environment.
 *
 * Precedence: command line, then the environment ($YAGURA_DATA …), then --config FILE ("name = value" lines, # comments),
 * then the default. --help and validation come from the same table. Text lives as long as the arena. */
#ifndef YAGURA_APP_CONFIG_H
#define YAGURA_APP_CONFIG_H

#include "base/err.h"

enum { SETTINGS_PATHS_MAX = 4096 }; /* a shell expands one pattern to many names */

struct path_list {
    struct str items[SETTINGS_PATHS_MAX];
    size_t count;
};

struct settings {
    struct str data;
    struct str listen;
    struct str account_id;
    struct str region;
    struct str config;
    struct str store;
    struct str blobs;     /* s3://BUCKET/PREFIX; absent: in the data folder */
    struct path_list hsm; /* CLUSTER=URI */
    struct str root_key, to; /* sources of root keys: crypto/root.h */
    struct str format;
    struct str log_level;
    struct str tls_cert;
    struct str tls_key;
    struct str as_of;
    struct str reason;
    struct str finding, expires, preview; /* of suppress */
    bool dry_run;
    struct path_list watch;
    struct path_list source; /* URIs */
    struct path_list notify; /* URLs */
    struct path_list jwks; /* ISSUER=FILE */
    struct path_list rules;
    struct path_list warm_up;
    struct str model, save_model; /* what was learned */
    struct path_list rule; /* of match: Sigma files */
    struct str mapping; /* of Sigma rules */
    struct str pattern;
    struct path_list address_lists; /* KIND=FILE */
    struct str geoip;
    struct str asn;
    struct str interfaces;
    struct str intel; /* folder of imported lists */
    struct str list_folder;
    struct str category;
    struct str name;
    struct str list_format;
    struct str output;
    struct str min_severity;
    struct str language;
    int64_t threads;
    int64_t body_limit;
    int64_t watch_interval_ms;
    int64_t trail_delivery_ms, trail_digest_ms, trail_insight_ms;
    int64_t clock_ms; /* how far this server's clock is ahead */
    int64_t grace_ms;
    struct str lambda_network;
    int64_t lambda_environments, lambda_idle_ms, lambda_retry_ms;
    bool push;
    bool no_progress;
    bool explain;
    bool check_answers;
    struct path_list public_keys; /* of verify-logs: files */
    struct path_list policy, session_policy, scp, rcp; /* of policy: files */
    struct path_list context;                          /* key=value */
    struct str resource_policy, boundary, endpoint_policy, policy_kind;
    struct str action, resource, principal, resource_account;
    bool management_account;
    struct path_list sensitive; /* of usage: buckets */
    int64_t days, retention_days; /* of usage */
    struct str endpoint; /* of audit */
    struct str role, instance_profile, instance_id, container_token; /* of imds */
    int64_t hop_limit;
    bool version1;
    struct str account; /* of env */
    bool hosts;         /* of env */
    bool help;
    struct path_list arguments; /* what is no option */
};

/* Commands take subsets of the table. */
enum settings_group {
    SETTINGS_DATA = 1,   /* --data, --store */
    SETTINGS_SERVE = 2,
    SETTINGS_FORMAT = 4, /* --format */
    SETTINGS_WHERE = 8,  /* --listen, --region, --account-id */
    SETTINGS_DETECT = 16,
    SETTINGS_MATCH = 32,
    SETTINGS_REASON = 4096, /* --reason */
    SETTINGS_SUPPRESS = 8192,
    SETTINGS_RULES = 64,
    SETTINGS_INTEL = 128,
    SETTINGS_POLICY = 16384,
    SETTINGS_IMDS = 32768,
    SETTINGS_ENV = 65536,
    SETTINGS_AUDIT = 131072,
    SETTINGS_VERIFY = 262144,
    SETTINGS_ROOT = 524288, /* --root-key */
    SETTINGS_ADMIN = 1048576, /* --to */
    SETTINGS_USAGE = 2097152,
    SETTINGS_RECONCILE = 4194304,
};

/* What a command tells about itself. */
struct command {
    const char *name;
    const char *summary;   /* one line, no full stop */
    const char *usage;     /* "yagura env [options]" */
    const char *examples;  /* lines, each ending in \n */
    unsigned groups;       /* of settings it takes */
    int (*run)(const struct command *command, int argc, char **argv);
};

/* Reads argv[1..] (argv[0] is the command). On FAULT_INVALID ctx->reason says what to do. */
struct err settings_read(struct ctx *ctx, const struct command *command, int argc, char **argv,
                         struct settings *settings);
void settings_help(const struct command *command); /* on standard output */
/* settings_read with the usual ending: prints help (status 0) or the trouble (status 2); true: go on. */
bool settings_begin(struct ctx *ctx, const struct command *command, int argc, char **argv, struct settings *settings,
                    int *status);

#endif
