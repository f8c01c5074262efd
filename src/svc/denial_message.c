#include "svc/denial_message.h"

#include "base/json.h"
#include "crypto/vault.h"

enum { PAIRS_TOLD = 8 }; /* a refusal's words are bounded */

/* EC2's as AWS has them; our own push of records likewise. */
static const struct str ENCODED[] = { STR_INIT("ec2:"), STR_INIT("yagura:") };

bool denial_message_wanted(struct str action)
{
    for (size_t i = 0; i < COUNT_OF(ENCODED); i++) {
        if (str_starts(action, ENCODED[i])) {
            return true;
        }
    }
    return false;
}

static void open_items(struct json_writer *w, const char *name)
{
    json_key(w, str_of(name));
    json_open_object(w);
    json_key(w, STR("items"));
    json_open_array(w);
}

static void close_items(struct json_writer *w)
{
    json_close_array(w);
    json_close_object(w);
}

static void write_condition(struct json_writer *w, struct str key, struct str value)
{
    json_open_object(w);
    json_member_str(w, STR("key"), key);
    open_items(w, "values");
    json_open_object(w);
    json_member_str(w, STR("value"), value);
    json_close_object(w);
    close_items(w);
    json_close_object(w);
}

static void write_conditions(struct json_writer *w, struct request *rq, const struct guard *guard)
{
    static const char *const GLOBAL[] = { "aws:PrincipalArn", "aws:SourceIp", "aws:RequestedRegion", "aws:MultiFactorAuthPresent" };
    struct request_context context = { rq, guard->pairs, guard->pair_count, guard };
    open_items(w, "conditions");
    for (size_t i = 0; i < COUNT_OF(GLOBAL); i++) {
        struct policy_values values = { NULL, 0 };
        if (request_lookup(&context, str_of(GLOBAL[i]), &values)) {
            write_condition(w, str_of(GLOBAL[i]), values.items[0]);
        }
    }
    for (size_t i = 0; i < guard->pair_count && i < PAIRS_TOLD; i++) {
        write_condition(w, guard->pairs[i].key, guard->pairs[i].value);
    }
    close_items(w);
}

static void write_context(struct json_writer *w, struct request *rq, const struct guard *guard)
{
    json_key(w, STR("context"));
    json_open_object(w);
    json_key(w, STR("principal"));
    json_open_object(w);
    json_member_str(w, STR("id"), rq->caller.id);
    json_member_str(w, STR("name"), rq->caller.name);
    json_member_str(w, STR("arn"), rq->caller.arn);
    json_close_object(w);
    json_member_str(w, STR("action"), guard->action);
    json_member_str(w, STR("resource"), guard->resource);
    write_conditions(w, rq, guard);
    json_close_object(w);
}

/* The statement that denied, by its Sid or its place. */
static void write_matched(struct json_writer *w, const struct policy_answer *answer)
{
    open_items(w, "matchedStatements");
    if (answer->decided.set) {
        json_open_object(w);
        json_member_str(w, STR("statementId"), answer->decided.sid.ptr ? answer->decided.sid : STR(""));
        json_member_str(w, STR("effect"), STR("DENY"));
        json_member_str(w, STR("policyType"), str_of(policy_layer_words(answer->decided.layer)));
        json_member_int(w, STR("statement"), (int64_t)answer->decided.statement);
        json_close_object(w);
    }
    close_items(w);
}

static struct str about(struct request *rq)
{
    return str_format(rq->ctx.arena, "sts:denial:%" STR_FMT, STR_ARG(rq->account));
}

struct str denial_message_seal(struct request *rq, const struct guard *guard, const struct policy_answer *answer)
{
    struct json_writer w = json_writer_new(rq->ctx.arena);
    json_open_object(&w);
    json_member_bool(&w, STR("allowed"), false);
    json_member_bool(&w, STR("explicitDeny"), answer->decision == POLICY_EXPLICIT_DENY);
    write_matched(&w, answer);
    open_items(&w, "failures");
    close_items(&w);
    write_context(&w, rq, guard);
    json_close_object(&w);
    return str_base64(rq->ctx.arena, vault_seal(&rq->ctx, rq->vault, about(rq), json_done(&w)));
}

bool denial_message_open(struct request *rq, struct str message, struct str *json)
{
    struct str sealed = STR_NONE;
    return str_unbase64(rq->ctx.arena, message, &sealed) && vault_unseal(&rq->ctx, rq->vault, about(rq), sealed, json);
}
