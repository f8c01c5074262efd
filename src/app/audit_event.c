#include "app/audit_event.h"

#include "app/audit_values.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "svc/cloudtrail/naming.h"
#include "wire/value.h"

enum { EVENT_USUAL = 1536, TEXT_MAX = 1024, RESOURCES_MAX = 4 }; /* spec: userAgent and errorMessage end at 1 KB */

struct resource {
    const char *type;
    struct str name;
};

/* What the parts of an event share. */
struct event_parts {
    const struct audit_call *call;
    struct ctx *ctx;
    struct str source, name, region;
    bool read_only, management;
    struct str event_id, shared_id, recipient;
    struct resource resources[RESOURCES_MAX];
    size_t resource_count;
};

/* AROA… of AROA…:session. */
static struct str role_id(const struct principal *caller)
{
    struct str rest = STR_NONE;
    return str_cut(caller->id, ':', &rest);
}

static struct str text_of(const struct shape *shape, const void *structure, const char *name)
{
    for (size_t i = 0; structure && i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, name) == 0 && shape->members[i].shape->kind == SHAPE_STRING) {
            const struct view view = view_member(structure, &shape->members[i]);
            return view_present(&view) ? view_text(&view) : STR_NONE;
        }
    }
    return STR_NONE;
}

/* The role behind a session; of a federated user, the user (or root) who vouched for it. */
static void write_issuer(struct json_writer *w, const struct principal *caller)
{
    const bool role = caller->type == PRINCIPAL_ASSUMED_ROLE;
    const bool root = !role && str_equal(caller->issuer_id, caller->account);
    json_key(w, STR("sessionIssuer"));
    json_open_object(w);
    JSON_MEMBER(w, "type", role ? STR("Role") : root ? STR("Root") : STR("IAMUser"));
    JSON_MEMBER(w, "principalId", role ? role_id(caller) : caller->issuer_id);
    JSON_MEMBER(w, "arn", caller->role_arn);
    JSON_MEMBER(w, "accountId", caller->account);
    JSON_MEMBER(w, "userName", role ? caller->name : STR_NONE);
    json_close_object(w);
}

/* spec: "webIdFederationData": the provider whose token the session was made for. */
static void write_federation(struct json_writer *w, const struct principal *caller)
{
    if (str_search(caller->provider, STR(":oidc-provider/")) != STR_MISSING) {
        json_key(w, STR("webIdFederationData"));
        json_open_object(w);
        JSON_MEMBER(w, "federatedProvider", caller->provider);
        json_key(w, STR("attributes"));
        json_raw(w, STR("{}"));
        json_close_object(w);
    }
}

static void write_session(struct json_writer *w, struct ctx *ctx, const struct principal *caller)
{
    json_key(w, STR("sessionContext"));
    json_open_object(w);
    if (caller->type == PRINCIPAL_ASSUMED_ROLE || (caller->type == PRINCIPAL_FEDERATED && caller->issuer_id.ptr)) {
        write_issuer(w, caller);
    }
    write_federation(w, caller);
    json_key(w, STR("attributes"));
    json_open_object(w);
    JSON_MEMBER(w, "creationDate", clock_format_iso8601(ctx->arena, caller->session_since_ms));
    JSON_MEMBER(w, "mfaAuthenticated", caller->mfa ? STR("true") : STR("false"));
    json_close_object(w);
    JSON_MEMBER(w, "sourceIdentity", caller->source_identity);
    if (caller->type == PRINCIPAL_ROOT && caller->session_policy.ptr) { /* AssumeRoot's: one task's rights */
        JSON_MEMBER(w, "assumedRoot", STR("true"));
    }
    json_close_object(w);
}

static const char *identity_type(const struct principal *caller)
{
    switch (caller->type) {
    case PRINCIPAL_ROOT: return "Root";
    case PRINCIPAL_USER: return "IAMUser";
    case PRINCIPAL_ASSUMED_ROLE: return "AssumedRole";
    case PRINCIPAL_FEDERATED: return "FederatedUser";
    case PRINCIPAL_AWS_SERVICE:
    case PRINCIPAL_ANONYMOUS: break;
    }
    return "AWSAccount";
}

/* Who is known by a token of somebody else's: AssumeRoleWithWebIdentity and WithSAML. False: nobody of the kind. */
static bool write_outsider(struct json_writer *w, const struct event_parts *parts)
{
    const struct audit_call *call = parts->call;
    const struct shape *shape = call->rq->operation->output;
    const void *out = call->err.fault ? NULL : call->out;
    const bool web = strcmp(call->rq->operation->name, "AssumeRoleWithWebIdentity") == 0;
    const bool saml = strcmp(call->rq->operation->name, "AssumeRoleWithSAML") == 0;
    const struct str subject = text_of(shape, out, web ? "SubjectFromWebIdentityToken" : "Subject");
    const struct str provider = text_of(shape, out, web ? "Provider" : "Issuer");
    if (!web && !saml) {
        return false;
    }
    JSON_MEMBER(w, "type", web ? STR("WebIdentityUser") : STR("SAMLUser"));
    if (subject.ptr) {
        const struct str between = text_of(shape, out, web ? "Audience" : "NameQualifier");
        JSON_MEMBER(w, "principalId", str_format(parts->ctx->arena, "%" STR_FMT ":%" STR_FMT ":%" STR_FMT,
                                                          STR_ARG(web ? provider : between), STR_ARG(web ? between : subject),
                                                          STR_ARG(web ? subject : STR(""))));
        JSON_MEMBER(w, "userName", subject);
        JSON_MEMBER(w, "identityProvider", provider);
    }
    return true;
}

static void write_caller(struct json_writer *w, const struct event_parts *parts)
{
    const struct principal *caller = &parts->call->rq->caller;
    JSON_MEMBER(w, "type", str_of(identity_type(caller)));
    JSON_MEMBER(w, "principalId", caller->id);
    JSON_MEMBER(w, "arn", caller->arn);
    JSON_MEMBER(w, "accountId", caller->account);
    JSON_MEMBER(w, "accessKeyId", caller->access_key);
    if (caller->type == PRINCIPAL_USER) {
        JSON_MEMBER(w, "userName", caller->name);
    }
    if (caller->session_since_ms) {
        write_session(w, parts->ctx, caller);
    }
    JSON_MEMBER(w, "invokedBy", parts->call->invoked_by);
}

/* spec: the owner of the resource sees a caller of another account as that account and principal. */
static void write_identity(struct json_writer *w, const struct event_parts *parts)
{
    const struct audit_call *call = parts->call;
    const struct principal *caller = &call->rq->caller;
    json_key(w, STR("userIdentity"));
    json_open_object(w);
    if (call->as_service) {
        JSON_MEMBER(w, "type", STR("AWSService"));
        JSON_MEMBER(w, "invokedBy", call->invoked_by);
    } else if (caller->type == PRINCIPAL_ANONYMOUS) {
        if (!write_outsider(w, parts)) {
            JSON_MEMBER(w, "type", STR("AWSAccount"));
            JSON_MEMBER(w, "principalId", STR(""));
            JSON_MEMBER(w, "accountId", STR("ANONYMOUS_PRINCIPAL"));
        }
    } else if (!str_equal(parts->recipient, caller->account)) {
        JSON_MEMBER(w, "type", STR("AWSAccount"));
        JSON_MEMBER(w, "principalId", caller->id);
        JSON_MEMBER(w, "accountId", caller->account);
    } else {
        write_caller(w, parts);
    }
    json_close_object(w);
}

static struct str error_code(const struct audit_call *call)
{
    const struct str code = str_of(call->err.fault->code);
    return str_equal(code, STR("AccessDeniedException")) ? STR("AccessDenied") : code; /* as CloudTrail has it for all */
}

static void write_outcome(struct json_writer *w, const struct event_parts *parts)
{
    const struct audit_call *call = parts->call;
    const struct operation *operation = call->rq->operation;
    const struct audit_style style = audit_style(call->rq->service);
    struct audit_style asked = style;
    asked.host = call->host;
    asked.uri = operation->uri;
    if (call->err.fault) {
        JSON_MEMBER(w, "errorCode", error_code(call));
        JSON_MEMBER(w, "errorMessage", text_shown(str_of(call->reason), TEXT_MAX));
    }
    json_key(w, STR("requestParameters"));
    audit_write(w, &asked, operation->input, call->in);
    json_key(w, STR("responseElements"));
    const bool shown = !call->err.fault
        && (!parts->read_only || str_equal(parts->source, STR("sts.amazonaws.com")))
        && !str_starts(parts->name, STR("GetCallerIdentity"));
    audit_write(w, &style, operation->output, shown ? call->out : NULL);
}

static void write_resources(struct json_writer *w, const struct event_parts *parts)
{
    const struct audit_call *call = parts->call;
    const char *type = parts->management ? NULL : cloudtrail_data_type(parts->source);
    const bool named = call->resource.len > 1;
    if (parts->management && named && str_equal(parts->source, STR("kms.amazonaws.com"))) {
        type = "AWS::KMS::Key";
    } else if (parts->management && named && str_search(call->resource, STR(":role/")) != STR_MISSING
               && str_equal(parts->source, STR("sts.amazonaws.com"))) {
        type = "AWS::IAM::Role";
    } else if (parts->management && named && str_equal(parts->source, STR("s3.amazonaws.com"))
               && str_starts(call->resource, STR("arn:aws:s3:::"))) {
        type = "AWS::S3::Bucket";
    }
    if (type == NULL || !named) {
        return;
    }
    const struct str account = call->owner.ptr ? call->owner : call->rq->account;
    const bool object = strcmp(type, "AWS::S3::Object") == 0;
    const size_t slash = object ? str_find(call->resource, '/') : STR_MISSING;
    json_key(w, STR("resources"));
    json_open_array(w);
    if (!object || slash != STR_MISSING) {
        json_open_object(w);
        JSON_MEMBER(w, "accountId", object ? STR_NONE : account);
        JSON_MEMBER(w, "type", str_of(type));
        JSON_MEMBER(w, "ARN", call->resource);
        json_close_object(w);
    } else { /* a listing: of all objects */
        json_open_object(w);
        JSON_MEMBER(w, "type", str_of(type));
        JSON_MEMBER(w, "ARNPrefix", str_format(parts->ctx->arena, "%" STR_FMT "/", STR_ARG(call->resource)));
        json_close_object(w);
    }
    if (object) {
        json_open_object(w);
        JSON_MEMBER(w, "accountId", account);
        JSON_MEMBER(w, "type", STR("AWS::S3::Bucket"));
        JSON_MEMBER(w, "ARN", slash == STR_MISSING ? call->resource : str_slice(call->resource, 0, slash));
        json_close_object(w);
    }
    json_close_array(w);
}

static bool is_presigned(const struct http_request *http)
{
    return str_search(http->query, STR("X-Amz-Signature=")) != STR_MISSING;
}

/* spec: CloudTrail user guide, "Log file examples", S3: how it was signed and how many bytes went. */
static void write_additional(struct json_writer *w, const struct event_parts *parts)
{
    const struct request *rq = parts->call->rq;
    if (!str_equal(parts->source, STR("s3.amazonaws.com")) || rq->http == NULL) {
        return;
    }
    json_key(w, STR("additionalEventData"));
    json_open_object(w);
    if (rq->caller.type != PRINCIPAL_ANONYMOUS) {
        JSON_MEMBER(w, "SignatureVersion", STR("SigV4"));
        JSON_MEMBER(w, "AuthenticationMethod", is_presigned(rq->http) ? STR("QueryString") : STR("AuthHeader"));
    }
    JSON_MEMBER(w, "CipherSuite", rq->tls_cipher);
    json_member_int(w, STR("bytesTransferredIn"), rq->extra.bytes_in);
    json_member_int(w, STR("bytesTransferredOut"), rq->extra.bytes_out);
    json_member_str(w, STR("x-amz-id-2"), str_base64(parts->ctx->arena, rq->ctx.request_id.ptr ? rq->ctx.request_id : STR("")));
    json_close_object(w);
}

static void write_tail(struct json_writer *w, const struct event_parts *parts)
{
    const struct request *rq = parts->call->rq;
    write_additional(w, parts);
    JSON_MEMBER(w, "requestID", rq->ctx.request_id);
    JSON_MEMBER(w, "eventID", parts->event_id);
    json_member_bool(w, STR("readOnly"), parts->read_only);
    write_resources(w, parts);
    JSON_MEMBER(w, "eventType", STR("AwsApiCall"));
    json_member_bool(w, STR("managementEvent"), parts->management);
    JSON_MEMBER(w, "recipientAccountId", parts->recipient);
    JSON_MEMBER(w, "sharedEventID", parts->shared_id);
    JSON_MEMBER(w, "eventCategory", parts->management ? STR("Management") : STR("Data"));
    if (rq->tls && !parts->call->invoked_by.ptr) {
        json_key(w, STR("tlsDetails"));
        json_open_object(w);
        JSON_MEMBER(w, "tlsVersion", rq->tls_version);
        JSON_MEMBER(w, "cipherSuite", rq->tls_cipher);
        JSON_MEMBER(w, "clientProvidedHostHeader", parts->call->host);
        json_close_object(w);
    }
}

static struct str write_event(const struct event_parts *parts)
{
    const struct audit_call *call = parts->call;
    const struct request *rq = call->rq;
    struct json_writer w = json_writer_new(parts->ctx->arena);
    json_writer_reserve(&w, EVENT_USUAL);
    json_open_object(&w);
    JSON_MEMBER(&w, "eventVersion", STR("1.11"));
    write_identity(&w, parts);
    JSON_MEMBER(&w, "eventTime", clock_format_iso8601(parts->ctx->arena, rq->ctx.now_ms));
    JSON_MEMBER(&w, "eventSource", parts->source);
    JSON_MEMBER(&w, "eventName", parts->name);
    JSON_MEMBER(&w, "awsRegion", parts->region);
    JSON_MEMBER(&w, "sourceIPAddress", call->invoked_by.ptr ? call->invoked_by : rq->source_ip);
    JSON_MEMBER(&w, "userAgent", call->invoked_by.ptr ? call->invoked_by : text_shown(rq->user_agent, TEXT_MAX));
    write_outcome(&w, parts);
    write_tail(&w, parts);
    json_close_object(&w);
    return json_done(&w);
}

static void find_resources(struct event_parts *parts)
{
    const struct shape *input = parts->call->rq->operation->input;
    for (size_t i = 0; parts->call->in && i < input->member_count && parts->resource_count < RESOURCES_MAX; i++) {
        const struct member *member = &input->members[i];
        const struct view view = view_member(parts->call->in, member);
        if (member->shape->kind != SHAPE_STRING || member->shape->sensitive || !view_present(&view)) {
            continue;
        }
        const char *type = cloudtrail_resource_type(parts->source, str_of(member->name));
        if (type) {
            parts->resources[parts->resource_count++] = (struct resource){ type, view_text(&view) };
        }
    }
}

static struct str username(const struct principal *caller)
{
    switch (caller->type) {
    case PRINCIPAL_ROOT: return STR("root");
    case PRINCIPAL_USER: return caller->name;
    case PRINCIPAL_ASSUMED_ROLE:
    case PRINCIPAL_FEDERATED: return caller->session_name;
    case PRINCIPAL_AWS_SERVICE:
    case PRINCIPAL_ANONYMOUS: break;
    }
    return STR_NONE;
}

/* Only management events can be looked up. */
static void add_keys(const struct event_parts *parts, struct journal_entry *entry)
{
    const struct request *rq = parts->call->rq;
    const uint64_t place = cloudtrail_place_key(parts->recipient, parts->region, false);
    const struct { enum lookup_attribute attribute; struct str value; } pairs[] = {
        { LOOKUP_ALL, STR("") },
        { LOOKUP_EVENT_ID, parts->event_id },
        { LOOKUP_EVENT_NAME, parts->name },
        { LOOKUP_EVENT_SOURCE, parts->source },
        { LOOKUP_READ_ONLY, parts->read_only ? STR("true") : STR("false") },
        { LOOKUP_USERNAME, parts->call->as_service ? STR_NONE : username(&rq->caller) },
        { LOOKUP_ACCESS_KEY_ID, parts->call->as_service ? STR_NONE : rq->caller.access_key },
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        if (pairs[i].value.ptr) {
            entry->keys[entry->key_count++] = cloudtrail_lookup_key(place, pairs[i].attribute, pairs[i].value);
        }
    }
    for (size_t i = 0; i < parts->resource_count; i++) {
        const struct resource *resource = &parts->resources[i];
        entry->keys[entry->key_count++] = cloudtrail_lookup_key(place, LOOKUP_RESOURCE_TYPE, str_of(resource->type));
        entry->keys[entry->key_count++] = cloudtrail_lookup_key(place, LOOKUP_RESOURCE_NAME, resource->name);
    }
}

static struct journal_entry *make_entry(struct arena *arena, struct event_parts *parts, struct str recipient)
{
    struct journal_entry *entry = ARENA_NEW(arena, struct journal_entry);
    parts->recipient = recipient;
    parts->event_id = random_uuid(parts->ctx);
    if (parts->management) {
        add_keys(parts, entry);
    }
    entry->payload = write_event(parts);
    return entry;
}

struct journal_entry *audit_event(struct arena *arena, const struct audit_call *call)
{
    const struct request *rq = call->rq;
    /* An operation that isn't built was called all the same. */
    const char *class = rq->operation && rq->operation->audit ? rq->operation->audit : "management";
    if (rq->operation == NULL || strcmp(class, "none") == 0) {
        return NULL;
    }
    struct ctx ctx = ctx_new(arena, rq->ctx.now_ms);
    struct event_parts parts = { .call = call, .ctx = &ctx, .management = class[0] == 'm' };
    const char *prefix = strcmp(rq->service->name, "s3control") == 0 ? "s3" : rq->service->endpoint_prefix;
    struct text source = text_new(arena);
    text_add(&source, str_of(prefix));
    text_add(&source, STR(".amazonaws.com"));
    parts.source = text_str(&source);
    parts.name = cloudtrail_event_name(str_equal(str_of(prefix), str_of(rq->service->endpoint_prefix)) ? parts.source
                                                                                                       : STR("s3-control.amazonaws.com"),
                                       str_of(rq->operation->name));
    parts.region = cloudtrail_region(parts.source, rq->region);
    parts.read_only = cloudtrail_read_only(parts.source, parts.name);
    find_resources(&parts);
    const bool anonymous = rq->caller.type == PRINCIPAL_ANONYMOUS;
    const bool denied = call->err.fault && str_starts(str_of(call->err.fault->code), STR("AccessDenied"));
    const struct str own = anonymous && call->owner.ptr ? call->owner : rq->account.ptr ? rq->account : rq->home_account;
    const bool shared = call->owner.ptr && !denied && !str_equal(call->owner, own);
    parts.shared_id = shared ? random_uuid(&ctx) : STR_NONE;
    struct journal_entry *entry = make_entry(arena, &parts, own);
    entry->next = shared ? make_entry(arena, &parts, call->owner) : NULL;
    return entry;
}
