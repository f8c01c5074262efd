/* policy_command.c - yagura policy: is a policy well formed, and what do policies decide about a request? */
#include <stdio.h>

#include "app/commands.h"
#include "app/data.h"
#include "app/policy_explain.h"
#include "app/table.h"
#include "base/json.h"
#include "policy/policy.h"

enum { STATUS_GOOD = 0, STATUS_WRONG = 1, STATUS_USAGE = 2, STATUS_FAILED = 4 };

/* Of the first statement that says so: a Principal without a Resource is a role's trust. */
static enum policy_kind guess(struct arena *arena, struct str document)
{
    const struct json *statement = json_get(json_parse(arena, document, NULL), STR("Statement"));
    if (statement && statement->kind == JSON_ARRAY) {
        statement = statement->child;
    }
    if (json_get(statement, STR("Principal")) == NULL && json_get(statement, STR("NotPrincipal")) == NULL) {
        return POLICY_IDENTITY;
    }
    const bool resource = json_get(statement, STR("Resource")) || json_get(statement, STR("NotResource"));
    return resource ? POLICY_RESOURCE : POLICY_TRUST;
}

static struct err kind_of(struct ctx *ctx, const struct settings *settings, struct str document, enum policy_kind *kind)
{
    static const struct str names[] = { [POLICY_IDENTITY] = STR_INIT("identity"), [POLICY_TRUST] = STR_INIT("trust"),
                                        [POLICY_RESOURCE] = STR_INIT("resource") };
    *kind = guess(ctx->arena, document);
    for (size_t i = 0; settings->policy_kind.ptr && i < COUNT_OF(names); i++) {
        if (str_equal(settings->policy_kind, names[i])) {
            *kind = (enum policy_kind)i;
            return ERR_OK;
        }
    }
    return settings->policy_kind.ptr ? fail(ctx, &FAULT_INVALID, "--kind is identity, resource or trust") : ERR_OK;
}

static struct err check_file(struct ctx *ctx, const struct settings *settings, struct str path, struct table *table,
                             bool *wrong)
{
    static const char *const kinds[] = { [POLICY_IDENTITY] = "identity", [POLICY_TRUST] = "trust", [POLICY_RESOURCE] = "resource" };
    struct str document = STR_NONE;
    struct policy_error error = { .reason = NULL };
    enum policy_kind kind = POLICY_IDENTITY;
    TRY(data_read(ctx, path, &document));
    TRY(kind_of(ctx, settings, document, &kind));
    const struct policy *policy = policy_parse(ctx->arena, document, kind, &error);
    const bool sound = policy && policy_validate(ctx->arena, policy, &error);
    *wrong = *wrong || !sound;
    table_cell(table, path);
    table_cell(table, str_of(kinds[kind]));
    table_cell(table, sound ? STR("ok") : STR("MalformedPolicyDocument"));
    table_cell(table, sound ? STR("") : error.place);
    table_cell(table, sound ? STR("") : str_of(error.reason));
    return ERR_OK;
}

static struct err check(struct ctx *ctx, const struct settings *settings, bool *good)
{
    static const char *const columns[] = { "file", "kind", "verdict", "place", "reason" };
    struct table table = table_new(ctx->arena);
    bool wrong = false;
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        table_column(&table, columns[i], false);
    }
    for (size_t i = 1; i < settings->arguments.count; i++) {
        TRY(check_file(ctx, settings, settings->arguments.items[i], &table, &wrong));
    }
    *good = !wrong;
    return table_print(&table, settings->format, stdout) ? ERR_OK : fail(ctx, &FAULT_INVALID, "--format is table, json, ndjson or csv");
}

static int finish(const struct command *command, struct ctx *ctx, struct err err, bool good)
{
    if (err.fault == NULL) {
        return good ? STATUS_GOOD : STATUS_WRONG;
    }
    command_failed(command, ctx);
    return err_is(err, &FAULT_INVALID) ? STATUS_USAGE : STATUS_FAILED;
}

static int run(const struct command *command, int argc, char **argv)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct settings *settings = ARENA_NEW(arena, struct settings);
    int status = 0;
    if (!settings_begin(&ctx, command, argc, argv, settings, &status)) {
        return status;
    }
    const struct path_list *words = &settings->arguments;
    bool good = false;
    if (words->count == 1 && str_equal(words->items[0], STR("explain"))) {
        const struct err err = policy_explain(&ctx, settings, &good);
        return finish(command, &ctx, err, good);
    }
    if (words->count > 1 && str_equal(words->items[0], STR("check"))) {
        const struct err err = check(&ctx, settings, &good);
        return finish(command, &ctx, err, good);
    }
    fprintf(stderr, "yagura policy: say check FILE... or explain --policy FILE --action ACTION --principal ARN; see yagura policy --help\n");
    return STATUS_USAGE;
}

const struct command COMMAND_POLICY = {
    .name = "policy",
    .summary = "check IAM policies, and explain what they decide about a request",
    .usage = "yagura policy check FILE... | yagura policy explain --action ACTION --principal ARN [options]",
    .examples = "  yagura policy check policy.json trust.json\n"
                "  yagura policy explain --policy ann.json --action s3:GetObject --resource arn:aws:s3:::b/k \\\n"
                "      --principal arn:aws:iam::111122223333:user/ann --context aws:SourceIp=192.0.2.1\n"
                "  yagura policy explain --policy ann.json --resource-policy bucket.json --resource-account 444455556666 \\\n"
                "      --boundary boundary.json --scp root.json --scp account.json --format json \\\n"
                "      --action s3:PutObject --resource arn:aws:s3:::b/k --principal arn:aws:sts::111122223333:assumed-role/r/s\n"
                "  yagura policy explain --resource-policy trust.json --action sts:AssumeRole --principal ec2.amazonaws.com\n"
                "\nexit status: 0 well formed, or allowed; 1 malformed, or denied; 2 wrong usage; 4 failure\n",
    .groups = SETTINGS_FORMAT | SETTINGS_POLICY,
    .run = run,
};
