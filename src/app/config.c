#include "app/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum kind { KIND_TEXT, KIND_NUMBER, KIND_PATHS, KIND_FLAG, KIND_DURATION };

struct setting {
    const char *name;
    const char *value; /* name of the value in the help */
    const char *environment;
    const char *fallback;
    const char *help;
    size_t offset;
    enum kind kind;
    unsigned group; /* 0: every command */
    int64_t min, max;
};

#define AT(member) offsetof(struct settings, member)

static const struct setting table[] = {
    { "data", "DIR", "YAGURA_DATA", "./yagura-data", "folder that holds everything", AT(data), KIND_TEXT,
      SETTINGS_DATA | SETTINGS_DETECT, 0, 0 },
    { "store", "URL", "YAGURA_STORE", NULL, "sqlite:PATH or postgresql://…; default: SQLite in the data folder",
      AT(store), KIND_TEXT, SETTINGS_DATA, 0, 0 },
    { "root-key", "SOURCE", "YAGURA_ROOT_KEY", "file", "what opens the root key: file, passphrase:PATH, credential:NAME (of systemd) or pkcs11:token=LABEL?module-path=PATH&pin-source=PATH",
      AT(root_key), KIND_TEXT, SETTINGS_SERVE | SETTINGS_IMDS | SETTINGS_ENV | SETTINGS_AUDIT | SETTINGS_ROOT, 0, 0 },
    { "hsm", "CLUSTER=URI", NULL, NULL, "PKCS #11 token behind a custom key store of KMS: cluster-abcdefghijk=pkcs11:token=LABEL?module-path=PATH (repeatable)", AT(hsm),
      KIND_PATHS, SETTINGS_SERVE, 0, 0 },
    { "to", "SOURCE", NULL, NULL, "source of the new root key; default: the same", AT(to), KIND_TEXT, SETTINGS_ADMIN, 0, 0 },
    { "listen", "ADDRESS:PORT", "YAGURA_LISTEN", "127.0.0.1:4700", "where to listen; port 0 picks a free one",
      AT(listen), KIND_TEXT, SETTINGS_SERVE, 0, 0 },
    { "listen", "ADDRESS:PORT", NULL, "127.0.0.1:1338", "where to listen; port 0 picks a free one", AT(listen), KIND_TEXT, SETTINGS_IMDS, 0, 0 },
    { "role", "NAME", NULL, NULL, "role whose credentials are handed out", AT(role), KIND_TEXT, SETTINGS_IMDS, 0, 0 },
    { "instance-profile", "NAME", NULL, NULL, "instance profile that holds the role", AT(instance_profile), KIND_TEXT, SETTINGS_IMDS, 0, 0 },
    { "instance-id", "ID", NULL, "i-0123456789abcdef0", "instance that it speaks for: the name of its sessions", AT(instance_id), KIND_TEXT,
      SETTINGS_IMDS, 0, 0 },
    { "hop-limit", "N", NULL, "1", "hops that answers may go (IP time to live); 2 reaches containers behind a bridge", AT(hop_limit), KIND_NUMBER,
      SETTINGS_IMDS, 1, 64 },
    { "imdsv1", NULL, NULL, NULL, "answer without tokens, too", AT(version1), KIND_FLAG, SETTINGS_IMDS, 0, 0 },
    { "container-token", "FILE", NULL, NULL, "also hand them out at /credentials to whoever shows the token in this file", AT(container_token),
      KIND_TEXT, SETTINGS_IMDS, 0, 0 },
    { "account-id", "ID", "YAGURA_ACCOUNT_ID", "111122223333", "first account of this server, 12 digits",
      AT(account_id), KIND_TEXT, SETTINGS_SERVE | SETTINGS_WHERE | SETTINGS_RECONCILE, 0, 0 },
    { "account", "ID", NULL, NULL, "be the root of this account for an hour, instead of the first administrator", AT(account), KIND_TEXT,
      SETTINGS_ENV, 0, 0 },
    { "hosts", NULL, NULL, NULL, "print the line for /etc/hosts by which S3 Control clients find the server, who put an account in front of its host",
      AT(hosts), KIND_FLAG, SETTINGS_ENV, 0, 0 },
    { "region", "REGION", "YAGURA_REGION", "ap-northeast-1", "region for whatever no signature names", AT(region),
      KIND_TEXT, SETTINGS_SERVE | SETTINGS_WHERE | SETTINGS_RECONCILE, 0, 0 },
    { "days", "N", NULL, "30", "how far back to count, in days", AT(days), KIND_NUMBER, SETTINGS_USAGE, 1, 455 },
    { "sensitive", "BUCKET", NULL, NULL, "a bucket whose data events must stay; tells what leaving out the others would save (repeatable)",
      AT(sensitive), KIND_PATHS, SETTINGS_USAGE, 0, 0 },
    { "retention", "DAYS", NULL, "0", "tells what keeping log files no longer than this would save; 0: not asked", AT(retention_days), KIND_NUMBER,
      SETTINGS_USAGE, 0, 3650 },
    { "region", "REGION", NULL, "us-east-1", "region of the bucket, unless the URI names it", AT(region), KIND_TEXT, SETTINGS_VERIFY, 0, 0 },
    { "watch", "PATH", NULL, NULL, "log file or folder to follow (repeatable)", AT(watch), KIND_PATHS, SETTINGS_SERVE,
      0, 0 },
    { "source", "URI", NULL, NULL, "where further logs come from: s3://BUCKET/PREFIX, sqs://HOST/PATH, syslog://HOST:PORT or - (repeatable)",
      AT(source), KIND_PATHS, SETTINGS_SERVE, 0, 0 },
    { "blobs", "URI", "YAGURA_BLOBS", NULL, "where the bytes of large objects lie instead of the data folder: s3://BUCKET/PREFIX?region=REGION&endpoint=URL", AT(blobs),
      KIND_TEXT, SETTINGS_SERVE, 0, 0 },
    { "notify", "URL", NULL, NULL, "whom to tell of findings: Slack, Teams, Mattermost, webhook, syslog, CEF, OpenSearch, mail, Security Hub (repeatable; see yagura-serve(1))",
      AT(notify), KIND_PATHS, SETTINGS_SERVE, 0, 0 },
    { "from", "FINDING", NULL, NULL, "id of the finding that is not to come again", AT(finding), KIND_TEXT, SETTINGS_SUPPRESS, 0, 0 },
    { "expires", "TIME", NULL, NULL, "when it ends: 2026-12-31, 2026-12-31T09:00:00Z, or 30d, 12h from now", AT(expires), KIND_TEXT,
      SETTINGS_SUPPRESS, 0, 0 },
    { "preview", "PERIOD", NULL, "30d", "how far to look back for what it would have hidden", AT(preview), KIND_TEXT, SETTINGS_SUPPRESS,
      0, 0 },
    { "dry-run", NULL, NULL, NULL, "look back only, make nothing", AT(dry_run), KIND_FLAG, SETTINGS_SUPPRESS | SETTINGS_RECONCILE, 0, 0 },
    { "reason", "TEXT", NULL, NULL, "why, for whoever looks later", AT(reason), KIND_TEXT, SETTINGS_REASON, 0, 0 },
    { "push", NULL, NULL, NULL, "take log records by signed POST /_yagura/push", AT(push), KIND_FLAG, SETTINGS_SERVE, 0, 0 },
    { "jwks", "ISSUER=FILE", NULL, NULL, "public keys (JWKS) of an OpenID Connect provider, instead of fetching them (repeatable)", AT(jwks),
      KIND_PATHS, SETTINGS_SERVE, 0, 0 },
    { "rules", "DIR", NULL, NULL, "further detection rules (repeatable)", AT(rules), KIND_PATHS,
      SETTINGS_SERVE | SETTINGS_DETECT | SETTINGS_RECONCILE, 0, 0 },
    { "mapping", "FILE", NULL, NULL, "YAML of the paths that fields of Sigma rules stand for, and of values for placeholders", AT(mapping),
      KIND_TEXT, SETTINGS_SERVE | SETTINGS_DETECT | SETTINGS_RECONCILE | SETTINGS_MATCH | SETTINGS_RULES, 0, 0 },
    { "pattern", "JSON", NULL, NULL, "EventBridge event pattern to match", AT(pattern), KIND_TEXT, SETTINGS_MATCH, 0, 0 },
    { "rule", "FILE", NULL, NULL, "Sigma rules to match, a file or folder (repeatable)", AT(rule), KIND_PATHS, SETTINGS_MATCH, 0, 0 },
    { "explain", NULL, NULL, NULL, "tell of every record why it matched or not", AT(explain), KIND_FLAG, SETTINGS_MATCH, 0, 0 },
    { "warm-up", "PATH", NULL, NULL, "logs to learn from first, what is unusual is judged against them (repeatable)", AT(warm_up),
      KIND_PATHS, SETTINGS_DETECT, 0, 0 },
    { "model", "FILE", NULL, NULL, "begin with what was learned and saved here", AT(model), KIND_TEXT, SETTINGS_DETECT, 0, 0 },
    { "save-model", "FILE", NULL, NULL, "save what was learned in the end", AT(save_model), KIND_TEXT, SETTINGS_DETECT, 0, 0 },
    { "address-list", "KIND=FILE", NULL, NULL, "what stands on the list FILE, by category: tor, threat, custom, trusted, aws, mining, … (repeatable)",
      AT(address_lists), KIND_PATHS, SETTINGS_SERVE | SETTINGS_DETECT, 0, 0 },
    { "geoip", "FILE", NULL, NULL, "database of countries in MaxMind's format", AT(geoip), KIND_TEXT,
      SETTINGS_SERVE | SETTINGS_DETECT | SETTINGS_RECONCILE, 0, 0 },
    { "asn", "FILE", NULL, NULL, "database of network operators in MaxMind's format", AT(asn), KIND_TEXT,
      SETTINGS_SERVE | SETTINGS_DETECT, 0, 0 },
    { "interfaces", "FILE", NULL, NULL, "whose network interfaces are: what aws ec2 describe-network-interfaces prints", AT(interfaces),
      KIND_TEXT, SETTINGS_SERVE | SETTINGS_DETECT, 0, 0 },
    { "intel", "DIR", "YAGURA_INTEL", NULL, "folder of imported lists; default: intel in the data folder", AT(intel), KIND_TEXT,
      SETTINGS_SERVE | SETTINGS_DETECT | SETTINGS_INTEL, 0, 0 },
    { "list-folder", "DIR", NULL, NULL, "folder in which lists of the GuardDuty API may be files: Location file:///DIR/…", AT(list_folder),
      KIND_TEXT, SETTINGS_SERVE, 0, 0 },
    { "category", "WORD", NULL, NULL, "what stands on the list: tor, tor-relay, threat, command, mining, sinkhole, phishing, …", AT(category),
      KIND_TEXT, SETTINGS_INTEL, 0, 0 },
    { "name", "NAME", NULL, NULL, "what to call the list; default: as the file is called", AT(name), KIND_TEXT, SETTINGS_INTEL, 0, 0 },
    { "list-format", "FORMAT", NULL, NULL, "TXT, STIX, OTX_CSV, ALIEN_VAULT, PROOF_POINT or FIRE_EYE; default: found out by the lines",
      AT(list_format), KIND_TEXT, SETTINGS_INTEL, 0, 0 },
    { "watch-interval", "MS", NULL, "500", "pause between looks at followed folders", AT(watch_interval_ms),
      KIND_NUMBER, SETTINGS_SERVE, 10, 3600000 },
    { "trail-delivery", "PERIOD", NULL, "5m", "how often trails write log files: 5m, 30s", AT(trail_delivery_ms), KIND_DURATION,
      SETTINGS_SERVE, 100, 86400000 },
    { "trail-digest", "PERIOD", NULL, "1h", "how much a signed digest covers", AT(trail_digest_ms), KIND_DURATION, SETTINGS_SERVE,
      1000, 86400000 },
    { "trail-insight", "PERIOD", NULL, "1m", "what Insights count calls by; their baseline is 10,080 of it", AT(trail_insight_ms),
      KIND_DURATION, SETTINGS_SERVE, 100, 3600000 },
    { "clock", "PERIOD", "YAGURA_CLOCK", "0s", "how far this server's clock is ahead, behind with a minus: for tests over days", AT(clock_ms),
      KIND_DURATION, SETTINGS_SERVE, -315360000000, 315360000000 },
    { "threads", "N", NULL, "0", "threads that work; 0: one per core", AT(threads), KIND_NUMBER,
      SETTINGS_SERVE | SETTINGS_DETECT | SETTINGS_MATCH | SETTINGS_VERIFY, 0, 256 },
    { "public-keys", "FILE", NULL, NULL, "keys that signed the digests, as aws cloudtrail list-public-keys prints them (repeatable)",
      AT(public_keys), KIND_PATHS, SETTINGS_VERIFY, 0, 0 },
    { "body-limit", "BYTES", NULL, "6291456", "largest request body", AT(body_limit), KIND_NUMBER, SETTINGS_SERVE,
      1024, 1 << 30 },
    { "grace", "MS", NULL, "5000", "how long a stop waits for requests under way", AT(grace_ms), KIND_NUMBER,
      SETTINGS_SERVE, 0, 600000 },
    { "lambda-network", "REACH", "YAGURA_LAMBDA_NETWORK", "open", "what functions reach besides this server: open, none, or HOST:PORT,HOST:PORT",
      AT(lambda_network), KIND_TEXT, SETTINGS_SERVE, 0, 0 },
    { "lambda-environments", "N", NULL, "64", "functions that run at the same time at most", AT(lambda_environments), KIND_NUMBER,
      SETTINGS_SERVE, 1, 1024 },
    { "lambda-idle", "MS", NULL, "300000", "an environment that no call has used for so long is taken down", AT(lambda_idle_ms), KIND_NUMBER,
      SETTINGS_SERVE, 100, 86400000 },
    { "lambda-retry", "MS", NULL, "60000", "pause before an asynchronous call's second try; twice that before the third", AT(lambda_retry_ms),
      KIND_NUMBER, SETTINGS_SERVE, 10, 3600000 },
    { "tls-cert", "FILE", NULL, NULL, "PEM certificate chain; with --tls-key: serve HTTPS", AT(tls_cert), KIND_TEXT,
      SETTINGS_SERVE, 0, 0 },
    { "tls-key", "FILE", NULL, NULL, "PEM private key", AT(tls_key), KIND_TEXT, SETTINGS_SERVE, 0, 0 },
    { "output", "FILE", NULL, NULL, "write results to this file instead of standard output", AT(output), KIND_TEXT,
      SETTINGS_DETECT, 0, 0 },
    { "min-severity", "LEVEL", NULL, "low", "show from here on: 1 to 10, or low, medium, high, critical", AT(min_severity),
      KIND_TEXT, SETTINGS_DETECT | SETTINGS_AUDIT, 0, 0 },
    { "lang", "LANGUAGE", NULL, "en", "language of what is told: en or ja", AT(language), KIND_TEXT,
      SETTINGS_DETECT | SETTINGS_AUDIT, 0, 0 },
    { "endpoint", "URL", NULL, NULL, "ask this AWS endpoint instead of a data folder; \"aws\": Amazon's own", AT(endpoint), KIND_TEXT,
      SETTINGS_AUDIT, 0, 0 },
    { "as-of", "TIME", NULL, NULL, "judge ages as if it were then: 2027-11-24, or 2027-11-24T09:00:00Z", AT(as_of), KIND_TEXT,
      SETTINGS_AUDIT, 0, 0 },
    { "no-progress", NULL, NULL, NULL, "no progress bar", AT(no_progress), KIND_FLAG,
      SETTINGS_DETECT | SETTINGS_MATCH | SETTINGS_VERIFY, 0, 0 },
    { "format", "FORMAT", NULL, "table", "table, json, ndjson or csv; detect has html too", AT(format), KIND_TEXT, SETTINGS_FORMAT, 0, 0 },
    { "policy", "FILE", NULL, NULL, "identity policy of the caller (repeatable)", AT(policy), KIND_PATHS, SETTINGS_POLICY, 0, 0 },
    { "resource-policy", "FILE", NULL, NULL, "policy of the resource: a bucket's, a key's, a role's trust", AT(resource_policy), KIND_TEXT,
      SETTINGS_POLICY, 0, 0 },
    { "boundary", "FILE", NULL, NULL, "permissions boundary of the caller", AT(boundary), KIND_TEXT, SETTINGS_POLICY, 0, 0 },
    { "session-policy", "FILE", NULL, NULL, "policy that the session was made with (repeatable; any of them allows)", AT(session_policy),
      KIND_PATHS, SETTINGS_POLICY, 0, 0 },
    { "scp", "FILE,…", NULL, NULL, "service control policies of a level of the organisation (repeatable; every level must allow)", AT(scp),
      KIND_PATHS, SETTINGS_POLICY, 0, 0 },
    { "rcp", "FILE,…", NULL, NULL, "resource control policies of a level (repeatable; every level must allow)", AT(rcp), KIND_PATHS,
      SETTINGS_POLICY, 0, 0 },
    { "endpoint-policy", "FILE", NULL, NULL, "policy of the VPC endpoint that the call comes through", AT(endpoint_policy), KIND_TEXT,
      SETTINGS_POLICY, 0, 0 },
    { "action", "ACTION", NULL, NULL, "what is to be done: s3:GetObject", AT(action), KIND_TEXT, SETTINGS_POLICY, 0, 0 },
    { "resource", "ARN", NULL, "*", "to what", AT(resource), KIND_TEXT, SETTINGS_POLICY, 0, 0 },
    { "principal", "ARN", NULL, NULL, "by whom: a user, role, session or root; sns.amazonaws.com or anonymous", AT(principal), KIND_TEXT,
      SETTINGS_POLICY, 0, 0 },
    { "resource-account", "ID", NULL, NULL, "who owns the resource; default: the account in its ARN, else the caller's", AT(resource_account),
      KIND_TEXT, SETTINGS_POLICY, 0, 0 },
    { "management-account", NULL, NULL, NULL, "the caller's account manages the organisation: SCPs don't bind it", AT(management_account),
      KIND_FLAG, SETTINGS_POLICY, 0, 0 },
    { "context", "KEY=VALUE", NULL, NULL, "condition key of the request (repeatable; a key given twice has two values)", AT(context), KIND_PATHS,
      SETTINGS_POLICY, 0, 0 },
    { "kind", "KIND", NULL, NULL, "of checked documents: identity, resource or trust; default: by what stands in them", AT(policy_kind),
      KIND_TEXT, SETTINGS_POLICY, 0, 0 },
    { "check-answers", NULL, NULL, NULL, "for tests: hold every answer against its model", AT(check_answers), KIND_FLAG,
      SETTINGS_SERVE, 0, 0 },
    { "log-level", "LEVEL", "YAGURA_LOG_LEVEL", "warn", "error, warn, info or debug", AT(log_level), KIND_TEXT, 0, 0,
      0 },
    { "config", "FILE", NULL, NULL, "file of \"name = value\" lines with these same names", AT(config), KIND_TEXT, 0,
      0, 0 },
    { "help", NULL, NULL, NULL, "this text", AT(help), KIND_FLAG, 0, 0, 0 },
};

static bool applies(const struct setting *setting, const struct command *command)
{
    return setting->group == 0 || (setting->group & command->groups) != 0;
}

static const struct setting *setting_find(const struct command *command, struct str name)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (applies(&table[i], command) && str_equal(str_of(table[i].name), name)) {
            return &table[i];
        }
    }
    return NULL;
}

static struct err path_add(struct ctx *ctx, struct path_list *list, struct str path, const char *name)
{
    if (list->count == SETTINGS_PATHS_MAX) {
        return fail(ctx, &FAULT_INVALID, "%s: at most %d values", name, SETTINGS_PATHS_MAX);
    }
    list->items[list->count++] = path;
    return ERR_OK;
}

/* 250ms, 30s, 5m, 1h, 2d */
static bool read_duration(struct str text, int64_t *ms)
{
    static const struct { struct str unit; int64_t ms; } units[] = {
        { STR_INIT("ms"), 1 }, { STR_INIT("s"), 1000 }, { STR_INIT("m"), 60000 }, { STR_INIT("h"), 3600000 },
        { STR_INIT("d"), 86400000 },
    };
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        int64_t number = 0;
        if (str_ends(text, units[i].unit) && str_to_int(str_slice(text, 0, text.len - units[i].unit.len), &number)) {
            return !MUL_OVERFLOWS(number, units[i].ms, ms);
        }
    }
    return false;
}

static struct err setting_set(struct ctx *ctx, struct settings *settings, const struct setting *setting,
                              struct str value)
{
    void *place = (char *)settings + setting->offset;
    switch (setting->kind) {
    case KIND_TEXT:
        *(struct str *)place = value;
        return ERR_OK;
    case KIND_PATHS:
        return path_add(ctx, place, value, setting->name);
    case KIND_FLAG:
        *(bool *)place = true;
        return ERR_OK;
    case KIND_DURATION:
        if (!read_duration(value, (int64_t *)place) || *(int64_t *)place < setting->min || *(int64_t *)place > setting->max) {
            return fail(ctx, &FAULT_INVALID, "--%s takes a period like 30s, 5m or 1h, from %lld ms to %lld ms, not \"%" STR_FMT "\"",
                        setting->name, (long long)setting->min, (long long)setting->max, STR_ARG(value));
        }
        return ERR_OK;
    case KIND_NUMBER:
        break;
    }
    int64_t number = 0;
    if (!str_to_int(value, &number) || number < setting->min || number > setting->max) {
        return fail(ctx, &FAULT_INVALID, "--%s takes a number from %lld to %lld, not \"%" STR_FMT "\"", setting->name,
                    (long long)setting->min, (long long)setting->max, STR_ARG(value));
    }
    *(int64_t *)place = number;
    return ERR_OK;
}

static struct err read_defaults(struct ctx *ctx, const struct command *command, struct settings *settings)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (table[i].fallback && applies(&table[i], command)) {
            TRY(setting_set(ctx, settings, &table[i], str_of(table[i].fallback)));
        }
    }
    return ERR_OK;
}

static struct err read_environment(struct ctx *ctx, const struct command *command, struct settings *settings)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const char *value = table[i].environment ? getenv(table[i].environment) : NULL;
        if (value && value[0] && applies(&table[i], command)) {
            TRY(setting_set(ctx, settings, &table[i], str_copy(ctx->arena, str_of(value))));
        }
    }
    return ERR_OK;
}

static struct err read_line(struct ctx *ctx, const struct command *command, struct settings *settings,
                            struct str line, int number)
{
    struct str value = STR_NONE;
    const struct str name = str_trim(str_cut(line, '=', &value));
    if (value.ptr == NULL) {
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%d: expected \"name = value\"", STR_ARG(settings->config),
                    number);
    }
    const struct setting *setting = setting_find(command, name);
    if (setting == NULL || setting->kind == KIND_FLAG) {
        /* One file serves all commands: names of other commands are no mistake, unknown ones are. */
        for (size_t i = 0; i < COUNT_OF(table); i++) {
            if (str_equal(str_of(table[i].name), name)) {
                return ERR_OK;
            }
        }
        return fail(ctx, &FAULT_INVALID, "%" STR_FMT ":%d: there is no setting \"%" STR_FMT "\"",
                    STR_ARG(settings->config), number, STR_ARG(name));
    }
    return setting_set(ctx, settings, setting, str_copy(ctx->arena, str_trim(value)));
}

static struct err read_file(struct ctx *ctx, const struct command *command, struct settings *settings)
{
    FILE *file = fopen(str_cstr(ctx->arena, settings->config), "r");
    if (file == NULL) {
        return fail(ctx, &FAULT_INVALID, "cannot read the configuration file %" STR_FMT, STR_ARG(settings->config));
    }
    char line[4096];
    struct err err = ERR_OK;
    for (int number = 1; !err.fault && fgets(line, sizeof(line), file); number++) {
        const struct str text = str_trim(str_of(line));
        if (text.len > 0 && text.ptr[0] != '#') {
            err = read_line(ctx, command, settings, text, number);
        }
    }
    fclose(file);
    return err;
}

/* One option with its value; moves *at past both. */
static struct err read_option(struct ctx *ctx, const struct command *command, struct settings *settings, int argc,
                              char **argv, int *at)
{
    struct str value = STR_NONE;
    const struct str name = str_cut(str_of(argv[*at] + 2), '=', &value);
    const struct setting *setting = setting_find(command, name);
    if (setting == NULL) {
        return fail(ctx, &FAULT_INVALID, "there is no option --%" STR_FMT "; see yagura %s --help", STR_ARG(name),
                    command->name);
    }
    if (setting->kind != KIND_FLAG && value.ptr == NULL) {
        if (*at + 1 >= argc) {
            return fail(ctx, &FAULT_INVALID, "--%s needs a value: --%s %s", setting->name, setting->name,
                        setting->value);
        }
        value = str_of(argv[++*at]);
    }
    return setting_set(ctx, settings, setting, value);
}

static struct err read_arguments(struct ctx *ctx, const struct command *command, struct settings *settings, int argc,
                                 char **argv)
{
    bool options = true;
    for (int i = 1; i < argc; i++) {
        const struct str word = str_of(argv[i]);
        if (options && str_equal(word, STR("--"))) {
            options = false;
        } else if (options && str_equal(word, STR("-h"))) {
            settings->help = true;
        } else if (options && str_starts(word, STR("--"))) {
            TRY(read_option(ctx, command, settings, argc, argv, &i));
        } else if (options && word.len > 1 && word.ptr[0] == '-') {
            return fail(ctx, &FAULT_INVALID, "there is no option %s; see yagura %s --help", argv[i], command->name);
        } else {
            TRY(path_add(ctx, &settings->arguments, word, "arguments"));
        }
    }
    return ERR_OK;
}

static struct err check(struct ctx *ctx, const struct settings *settings)
{
    int64_t number = 0;
    if (settings->account_id.ptr && (settings->account_id.len != 12 || !str_to_int(settings->account_id, &number) || number < 0)) {
        return fail(ctx, &FAULT_INVALID, "--account-id takes 12 digits, not \"%" STR_FMT "\"",
                    STR_ARG(settings->account_id));
    }
    if ((settings->tls_cert.ptr == NULL) != (settings->tls_key.ptr == NULL)) {
        return fail(ctx, &FAULT_INVALID, "--tls-cert and --tls-key go together");
    }
    return ERR_OK;
}

/* The command line is read twice: once to learn --config, and again so that it wins over the file. */
struct err settings_read(struct ctx *ctx, const struct command *command, int argc, char **argv,
                         struct settings *settings)
{
    struct settings first = { 0 };
    TRY(read_arguments(ctx, command, &first, argc, argv));
    *settings = (struct settings){ .config = first.config };
    TRY(read_defaults(ctx, command, settings));
    if (settings->config.ptr) {
        TRY(read_file(ctx, command, settings));
    }
    TRY(read_environment(ctx, command, settings));
    if (first.watch.count) {
        settings->watch.count = 0;
    }
    if (first.source.count) {
        settings->source.count = 0;
    }
    TRY(read_arguments(ctx, command, settings, argc, argv));
    return check(ctx, settings);
}

void settings_help(const struct command *command)
{
    printf("%s\n\nusage: %s\n\noptions:\n", command->summary, command->usage);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (!applies(&table[i], command)) {
            continue;
        }
        char option[64];
        snprintf(option, sizeof(option), "--%s %s", table[i].name, table[i].value ? table[i].value : "");
        printf("  %-24s %s", option, table[i].help);
        if (table[i].fallback) {
            printf(" (default: %s)", table[i].fallback);
        }
        printf("%s%s\n", table[i].environment ? " $" : "", table[i].environment ? table[i].environment : "");
    }
    if (command->examples) {
        printf("\nexamples:\n%s", command->examples);
    }
}

static void apply_log_level(struct str level)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (str_equal(level, str_of(names[i]))) {
            log_set_level((enum log_level)i);
        }
    }
}

bool settings_begin(struct ctx *ctx, const struct command *command, int argc, char **argv, struct settings *settings,
                    int *status)
{
    const struct err err = settings_read(ctx, command, argc, argv, settings);
    if (err.fault) {
        fprintf(stderr, "yagura %s: %s\n", command->name, ctx->reason);
        *status = 2;
        return false;
    }
    if (settings->help) {
        settings_help(command);
        *status = 0;
        return false;
    }
    apply_log_level(settings->log_level);
    return true;
}
