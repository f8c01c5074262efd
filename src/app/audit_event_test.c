#include "app/audit_event.h"

#include <stdio.h>

#include "base/json.h"
#include "guardduty_model.h"
#include "services.h"
#include "iam_model.h"
#include "sts_model.h"
#include "svc/cloudtrail/naming.h"
#include "tests/test.h"
#include "wire/value.h"

static const struct operation *operation_of(const struct service_model *service, const char *name)
{
    for (size_t i = 0; i < service->operation_count; i++) {
        if (strcmp(service->operations[i].name, name) == 0) {
            return &service->operations[i];
        }
    }
    fail_msg("no operation %s", name);
    return NULL;
}

static struct request request_by(struct arena *arena, enum principal_type type, const struct service_model *service,
                                 const char *operation)
{
    struct request rq = {
        .ctx = ctx_new(arena, 1700000000000),
        .service = service,
        .operation = operation_of(service, operation),
        .region = STR("eu-west-1"),
        .account = STR("111122223333"),
        .home_account = STR("111122223333"),
        .source_ip = STR("192.0.2.7"),
        .user_agent = STR("aws-cli/2"),
        .caller = { .type = type, .account = STR("111122223333"), .access_key = STR("AKIA1") },
    };
    rq.ctx.request_id = STR("r-1");
    struct principal *caller = &rq.caller;
    if (type == PRINCIPAL_USER) {
        caller->name = STR("alice");
        caller->id = STR("AIDA1");
        caller->arn = STR("arn:aws:iam::111122223333:user/alice");
    } else if (type == PRINCIPAL_ASSUMED_ROLE) {
        caller->name = STR("deploy");
        caller->id = STR("AROA1:run-7");
        caller->session_name = STR("run-7");
        caller->arn = STR("arn:aws:sts::111122223333:assumed-role/deploy/run-7");
        caller->role_arn = STR("arn:aws:iam::111122223333:role/ci/deploy");
        caller->session_since_ms = 1699999000000;
    } else if (type == PRINCIPAL_ROOT) {
        caller->id = STR("111122223333");
        caller->arn = STR("arn:aws:iam::111122223333:root");
    } else {
        *caller = (struct principal){ .type = type };
    }
    return rq;
}

static const struct json *event_of(struct arena *arena, const struct journal_entry *entry)
{
    const struct json *event = entry ? json_parse(arena, entry->payload, NULL) : NULL;
    CHECK(event != NULL);
    return event;
}

static struct str at(const struct json *event, const char *path)
{
    const struct json *value = json_path(event, path);
    return value == NULL ? STR("absent") : value->kind == JSON_STRING ? value->text : value->kind == JSON_NULL ? STR("null")
        : value->kind == JSON_TRUE ? STR("true") : value->kind == JSON_FALSE ? STR("false") : value->text;
}

TEST(a_user_s_write_shows_who_what_and_the_answer)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, &IAM_MODEL, "CreateUser");
    const struct iam_create_user_in in = { .user_name = STR("bob") };
    const struct iam_user user = { .path = STR("/"), .user_name = STR("bob"), .create_date = SOME(1395695519000) };
    const struct iam_create_user_out out = { .user = &user };
    const struct json *event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &in, .out = &out }));
    CHECK_STR(at(event, "eventVersion"), "1.11");
    CHECK_STR(at(event, "userIdentity.type"), "IAMUser");
    CHECK_STR(at(event, "userIdentity.principalId"), "AIDA1");
    CHECK_STR(at(event, "userIdentity.userName"), "alice");
    CHECK_STR(at(event, "userIdentity.accessKeyId"), "AKIA1");
    CHECK_STR(at(event, "eventTime"), "2023-11-14T22:13:20Z");
    CHECK_STR(at(event, "eventSource"), "iam.amazonaws.com");
    CHECK_STR(at(event, "eventName"), "CreateUser");
    CHECK_STR(at(event, "awsRegion"), "us-east-1"); /* IAM has no regions */
    CHECK_STR(at(event, "requestParameters.userName"), "bob");
    CHECK_STR(at(event, "responseElements.user.createDate"), "Mar 24, 2014, 9:11:59 PM");
    CHECK_STR(at(event, "errorCode"), "absent");
    CHECK_STR(at(event, "readOnly"), "false");
    CHECK_STR(at(event, "managementEvent"), "true");
    CHECK_STR(at(event, "eventCategory"), "Management");
    CHECK_STR(at(event, "recipientAccountId"), "111122223333");
    CHECK_STR(at(event, "tlsDetails"), "absent");
}

TEST(a_refusal_has_its_code_and_words_and_no_answer)
{
    struct request rq = request_by(arena, PRINCIPAL_ROOT, &GUARDDUTY_MODEL, "DeleteDetector");
    static const struct fault denied = { "AccessDeniedException", NULL, NULL, 403 };
    const struct guardduty_delete_detector_in in = { .detector_id = STR("d") };
    const struct json *event = event_of(arena, audit_event(arena, &(struct audit_call){
        .rq = &rq, .in = &in, .err = { &denied }, .reason = "User: x is not authorized" }));
    CHECK_STR(at(event, "userIdentity.type"), "Root");
    CHECK_STR(at(event, "errorCode"), "AccessDenied");
    CHECK_STR(at(event, "errorMessage"), "User: x is not authorized");
    CHECK_STR(at(event, "requestParameters.detectorId"), "d");
    CHECK_STR(at(event, "responseElements"), "null");
}

TEST(a_role_s_session_names_its_issuer)
{
    struct request rq = request_by(arena, PRINCIPAL_ASSUMED_ROLE, &GUARDDUTY_MODEL, "ListDetectors");
    rq.tls = true;
    const struct json *event = event_of(arena, audit_event(arena, &(struct audit_call){
        .rq = &rq, .host = STR("guardduty.example") }));
    CHECK_STR(at(event, "userIdentity.type"), "AssumedRole");
    CHECK_STR(at(event, "userIdentity.principalId"), "AROA1:run-7");
    CHECK_STR(at(event, "userIdentity.sessionContext.sessionIssuer.principalId"), "AROA1");
    CHECK_STR(at(event, "userIdentity.sessionContext.sessionIssuer.arn"), "arn:aws:iam::111122223333:role/ci/deploy");
    CHECK_STR(at(event, "userIdentity.sessionContext.attributes.creationDate"), "2023-11-14T21:56:40Z");
    CHECK_STR(at(event, "userIdentity.sessionContext.attributes.mfaAuthenticated"), "false");
    CHECK_STR(at(event, "readOnly"), "true");
    CHECK_STR(at(event, "tlsDetails.clientProvidedHostHeader"), "guardduty.example");
}

/* Planted where a model has room for it, it must stand nowhere. */
TEST(secrets_and_tokens_are_never_in_an_event)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, &IAM_MODEL, "CreateAccessKey");
    const struct iam_access_key key = { .user_name = STR("bob"), .access_key_id = STR("AKIA2"),
                                        .secret_access_key = STR("planted-secret") };
    const struct iam_create_access_key_in in = { .user_name = STR("bob") };
    const struct iam_create_access_key_out out = { .access_key = &key };
    const struct journal_entry *entry = audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &in, .out = &out });
    CHECK(str_search(entry->payload, STR("planted")) == STR_MISSING);
    CHECK_STR(at(event_of(arena, entry), "responseElements.accessKey.accessKeyId"), "AKIA2");

    rq = request_by(arena, PRINCIPAL_USER, &STS_MODEL, "AssumeRole");
    const struct sts_credentials credentials = { .access_key_id = STR("ASIA1"), .secret_access_key = STR("planted-key"),
                                                 .session_token = STR("planted-token"), .expiration = SOME(0) };
    const struct sts_assume_role_in role = { .role_arn = STR("arn:aws:iam::444455556666:role/r"),
                                             .role_session_name = STR("s"), .policy = STR("{\"Version\":\"2012-10-17\"}") };
    const struct sts_assume_role_out session = { .credentials = &credentials };
    entry = audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &role, .out = &session });
    CHECK(str_search(entry->payload, STR("planted")) == STR_MISSING);
    CHECK_STR(at(event_of(arena, entry), "responseElements.credentials.accessKeyId"), "ASIA1");
    CHECK_STR(at(event_of(arena, entry), "requestParameters.policy"), "{\"Version\":\"2012-10-17\"}");

    rq = request_by(arena, PRINCIPAL_USER, &IAM_MODEL, "CreateLoginProfile");
    const struct iam_create_login_profile_in login = { .user_name = STR("bob"), .password = STR("planted-password") };
    entry = audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &login });
    if (entry) { /* once there is such an operation */
        CHECK(str_search(entry->payload, STR("planted")) == STR_MISSING);
    }
}

TEST(caller_and_owner_of_different_accounts_get_an_event_each_that_share_an_id)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, &STS_MODEL, "AssumeRole");
    const struct sts_assume_role_in in = { .role_arn = STR("arn:aws:iam::444455556666:role/r"), .role_session_name = STR("s") };
    struct audit_call call = { .rq = &rq, .in = &in, .owner = STR("444455556666"), .resource = in.role_arn };
    const struct journal_entry *entry = audit_event(arena, &call);
    const struct json *own = event_of(arena, entry);
    const struct json *theirs = event_of(arena, entry->next);
    CHECK_STR(at(own, "recipientAccountId"), "111122223333");
    CHECK_STR(at(own, "userIdentity.type"), "IAMUser");
    CHECK_STR(at(theirs, "recipientAccountId"), "444455556666");
    CHECK_STR(at(theirs, "userIdentity.type"), "AWSAccount");
    CHECK_STR(at(theirs, "userIdentity.accountId"), "111122223333");
    CHECK(str_equal(at(own, "sharedEventID"), at(theirs, "sharedEventID")));
    CHECK(!str_equal(at(own, "eventID"), at(theirs, "eventID")));
    CHECK(entry->next->next == NULL);

    static const struct fault denied = { "AccessDenied", NULL, NULL, 403 };
    call.err = (struct err){ &denied };
    CHECK(audit_event(arena, &call)->next == NULL);
}

TEST(a_service_is_named_as_itself_or_as_who_calls_for_somebody)
{
    struct request rq = request_by(arena, PRINCIPAL_AWS_SERVICE, &STS_MODEL, "AssumeRole");
    const struct audit_call itself = { .rq = &rq, .as_service = true, .invoked_by = STR("cloudtrail.amazonaws.com") };
    const struct json *event = event_of(arena, audit_event(arena, &itself));
    CHECK_STR(at(event, "userIdentity.type"), "AWSService");
    CHECK_STR(at(event, "userIdentity.invokedBy"), "cloudtrail.amazonaws.com");
    CHECK_STR(at(event, "userIdentity.accountId"), "absent");
    CHECK_STR(at(event, "sourceIPAddress"), "cloudtrail.amazonaws.com");

    rq = request_by(arena, PRINCIPAL_USER, &STS_MODEL, "AssumeRole");
    const struct audit_call forward = { .rq = &rq, .invoked_by = STR("secretsmanager.amazonaws.com") };
    event = event_of(arena, audit_event(arena, &forward));
    CHECK_STR(at(event, "userIdentity.type"), "IAMUser");
    CHECK_STR(at(event, "userIdentity.invokedBy"), "secretsmanager.amazonaws.com");
}

TEST(what_is_too_large_says_how_large_it_was)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, &IAM_MODEL, "PutUserPolicy");
    char *document = arena_alloc(arena, 200 << 10);
    memset(document, 'x', 200 << 10);
    const struct iam_put_user_policy_in in = { .user_name = STR("bob"), .policy_document = { document, 200 << 10 } };
    const struct json *event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &in }));
    CHECK_STR(at(event, "requestParameters.omitted"), "true");
    CHECK_STR(at(event, "eventCategory"), "Management");
}

static bool has_key(const struct journal_entry *entry, uint64_t key)
{
    bool found = false;
    for (size_t i = 0; i < entry->key_count; i++) {
        found = found || entry->keys[i] == key;
    }
    return found;
}

TEST(an_event_is_looked_up_by_any_attribute)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, &IAM_MODEL, "CreateUser");
    const struct iam_create_user_in in = { .user_name = STR("bob") };
    const struct journal_entry *entry = audit_event(arena, &(struct audit_call){ .rq = &rq, .in = &in });
    const uint64_t place = cloudtrail_place_key(STR("111122223333"), STR("us-east-1"), false);
    CHECK(has_key(entry, cloudtrail_lookup_key(place, LOOKUP_ALL, STR(""))));
    CHECK(has_key(entry, cloudtrail_lookup_key(place, LOOKUP_USERNAME, STR("alice"))));
    CHECK(has_key(entry, cloudtrail_lookup_key(place, LOOKUP_RESOURCE_NAME, STR("bob"))));
    CHECK(has_key(entry, cloudtrail_lookup_key(place, LOOKUP_RESOURCE_TYPE, STR("AWS::IAM::User"))));
    CHECK(has_key(entry, cloudtrail_lookup_key(place, LOOKUP_READ_ONLY, STR("false"))));
    CHECK(!has_key(entry, cloudtrail_lookup_key(place, LOOKUP_USERNAME, STR("bob"))));
}

TEST(reads_are_told_from_changes_by_name_with_few_exceptions)
{
    CHECK(cloudtrail_read_only(STR("guardduty.amazonaws.com"), STR("ListDetectors")));
    CHECK(cloudtrail_read_only(STR("kms.amazonaws.com"), STR("Decrypt")));
    CHECK(cloudtrail_read_only(STR("sts.amazonaws.com"), STR("AssumeRole")));
    CHECK(!cloudtrail_read_only(STR("lambda.amazonaws.com"), STR("CheckpointDurableExecution")));
    CHECK(!cloudtrail_read_only(STR("kms.amazonaws.com"), STR("CreateGrant")));
    CHECK_STR(cloudtrail_event_name(STR("lambda.amazonaws.com"), STR("CreateFunction")), "CreateFunction20150331");
    CHECK_STR(cloudtrail_event_name(STR("iam.amazonaws.com"), STR("CreateAlias")), "CreateAlias");
}

/* --- every secret that a model has room for --- */

enum { PLANT_DEPTH = 6 };

/* By name, whatever the model says. */
static bool names_a_secret(const char *name)
{
    static const char *const known[] = { "SecretAccessKey", "SessionToken", "SecretString", "SecretBinary", "Password", "OldPassword",
                                        "NewPassword", "RandomPassword", "Plaintext", "WebIdentityToken", "SAMLAssertion",
                                        "SSECustomerKey", "CopySourceSSECustomerKey", "PrivateKey", "PrivateKeyPlaintext", "ClientSecret" };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcmp(name, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void plant(struct decoder *d, const struct slot *slot, bool secret, int depth);

static void plant_items(struct decoder *d, const struct slot *slot, bool secret, int depth)
{
    struct builder builder = builder_new(d, slot);
    for (size_t i = 0; i < 2; i++) {
        struct slot item;
        CHECK_OK(builder_add(d, &builder, secret ? STR("planted-key") : STR("shown"), &item));
        plant(d, &item, secret, depth);
    }
    builder_done(&builder);
}

static void plant(struct decoder *d, const struct slot *slot, bool secret, int depth)
{
    const struct shape *shape = slot->shape;
    secret = secret || shape->sensitive || shape->kind == SHAPE_BLOB;
    switch (shape->kind) {
    case SHAPE_STRING:
    case SHAPE_BLOB: slot_text(slot, secret ? STR("planted-text") : STR("shown")); return;
    case SHAPE_DOCUMENT: slot_text(slot, secret ? STR("\"planted-text\"") : STR("\"shown\"")); return;
    case SHAPE_BOOLEAN: slot_bool(slot, true); return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_TIMESTAMP: (void)slot_integer(slot, 7); return;
    case SHAPE_DOUBLE: slot_double(slot, 7); return;
    case SHAPE_LIST:
    case SHAPE_MAP: plant_items(d, slot, secret, depth); return;
    case SHAPE_STRUCTURE: break;
    }
    void *structure = depth > 0 ? slot_structure(d, slot) : NULL;
    for (size_t i = 0; structure && i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct slot inner = slot_member(structure, member);
        plant(d, &inner, secret || names_a_secret(member->name), depth - 1);
    }
}

static const void *planted(struct decoder *d, const struct shape *shape)
{
    void *structure = arena_alloc(d->ctx->arena, shape->size + 1);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct member *member = &shape->members[i];
        const struct slot inner = slot_member(structure, member);
        plant(d, &inner, names_a_secret(member->name), PLANT_DEPTH);
    }
    return structure;
}

static const struct fault TOO_MUCH = { "TooMuch", NULL, NULL, 400 };

static bool event_leaks(struct arena *arena, const struct service_model *service, const struct operation *operation)
{
    struct request rq = request_by(arena, PRINCIPAL_USER, service, operation->name);
    struct decoder d = decoder_new(&rq.ctx, &TOO_MUCH);
    const struct audit_call call = { .rq = &rq, .in = planted(&d, operation->input), .out = planted(&d, operation->output) };
    const struct journal_entry *entry = audit_event(arena, &call);
    const bool leaks = entry && str_search(entry->payload, STR("planted")) != STR_MISSING;
    if (leaks) {
        printf("%s:%s shows %.200s\n", service->name, operation->name,
               entry->payload.ptr + str_search(entry->payload, STR("planted")) - 60);
    }
    CHECK(entry == NULL || json_parse(arena, entry->payload, NULL) != NULL);
    return leaks;
}

TEST(no_secret_of_any_operation_of_any_service_is_in_its_event)
{
    size_t leaks = 0, events = 0;
    for (size_t i = 0; i < SERVICE_MODEL_COUNT; i++) {
        for (size_t j = 0; j < SERVICE_MODELS[i]->operation_count; j++, events++) {
            struct arena *own CLEANUP(arena_cleanup) = arena_open();
            leaks += event_leaks(own, SERVICE_MODELS[i], &SERVICE_MODELS[i]->operations[j]);
        }
    }
    CHECK(events > 100);
    CHECK_INT(leaks, 0);
    (void)arena;
}

TEST(who_vouched_for_a_session_is_named)
{
    struct request rq = request_by(arena, PRINCIPAL_ASSUMED_ROLE, &GUARDDUTY_MODEL, "ListDetectors");
    rq.caller.provider = STR("arn:aws:iam::111122223333:oidc-provider/token.example.com");
    const struct json *event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq }));
    CHECK_STR(at(event, "userIdentity.sessionContext.webIdFederationData.federatedProvider"),
              "arn:aws:iam::111122223333:oidc-provider/token.example.com");

    rq = request_by(arena, PRINCIPAL_ROOT, &GUARDDUTY_MODEL, "ListDetectors");
    rq.caller.session_since_ms = 1699999000000;
    event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq }));
    CHECK_STR(at(event, "userIdentity.sessionContext.assumedRoot"), "absent");
    rq.caller.session_policy = STR("{}");
    event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq }));
    CHECK_STR(at(event, "userIdentity.sessionContext.assumedRoot"), "true");

    rq.caller = (struct principal){ .type = PRINCIPAL_FEDERATED, .account = STR("111122223333"), .id = STR("111122223333:bob"),
                                    .arn = STR("arn:aws:sts::111122223333:federated-user/bob"), .issuer_id = STR("AIDA1"),
                                    .session_name = STR("bob"), .session_since_ms = 1699999000000 };
    event = event_of(arena, audit_event(arena, &(struct audit_call){ .rq = &rq }));
    CHECK_STR(at(event, "userIdentity.type"), "FederatedUser");
    CHECK_STR(at(event, "userIdentity.sessionContext.sessionIssuer.type"), "IAMUser");
    CHECK_STR(at(event, "userIdentity.sessionContext.sessionIssuer.principalId"), "AIDA1");
}

TEST(what_a_service_does_of_itself_is_a_service_event)
{
    const struct service_event told = { .source = STR("kms.amazonaws.com"), .invoked_by = STR("AWS Internal"), .name = STR("RotateKey"),
                                        .account = STR("111122223333"), .region = STR("eu-west-1"), .resource_type = STR("AWS::KMS::Key"),
                                        .resource = STR("arn:aws:kms:eu-west-1:111122223333:key/k"), .details = STR("{\"keyId\":\"k\"}"),
                                        .at_ms = 1700000000000 };
    struct service_event *events = NULL;
    service_event_add(arena, &events, &told);
    const struct journal_entry *entry = audit_service_events(arena, events);
    const struct json *event = event_of(arena, entry);
    CHECK_STR(at(event, "eventType"), "AwsServiceEvent");
    CHECK_STR(at(event, "userIdentity.invokedBy"), "AWS Internal");
    CHECK_STR(at(event, "userIdentity.type"), "absent");
    CHECK_STR(at(event, "serviceEventDetails.keyId"), "k");
    CHECK_STR(at(event, "requestParameters"), "null");
    CHECK(has_key(entry, cloudtrail_lookup_key(cloudtrail_place_key(STR("111122223333"), STR("eu-west-1"), false), LOOKUP_EVENT_NAME,
                                               STR("RotateKey"))));
}
