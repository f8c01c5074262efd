/* source_keys.c - keys that sources sign with: the environment's, a profile's, a container's or the instance's own.
 *
 * spec: AWS SDKs and tools reference, "Credential provider chain", "Container credential provider", "IMDS credential provider". */
#include <stdio.h>
#include <stdlib.h>

#include "app/source_parts.h"
#include "base/clock.h"
#include "base/json.h"

enum { LINE_MAX_BYTES = 4096, TOKEN_SECONDS = 21600, METADATA_CONNECT_MS = 2000, METADATA_IDLE_S = 5 };

static struct str variable(struct arena *arena, const char *name)
{
    const char *value = getenv(name);
    return value && *value ? str_copy(arena, str_of(value)) : STR_NONE;
}

/* --- environment and profile --- */

static struct str file_path(struct arena *arena, const char *name, const char *below_home)
{
    const struct str given = variable(arena, name);
    const struct str home = variable(arena, "HOME");
    return given.ptr || home.ptr == NULL ? given : str_format(arena, "%" STR_FMT "/%s", STR_ARG(home), below_home);
}

static void take_entry(struct arena *arena, struct str line, struct source_keys *keys)
{
    struct str value = STR_NONE;
    const struct str name = str_trim(str_cut(line, '=', &value));
    struct str *place = str_equal(name, STR("aws_access_key_id"))       ? &keys->access_key
                        : str_equal(name, STR("aws_secret_access_key")) ? &keys->secret
                        : str_equal(name, STR("aws_session_token"))     ? &keys->token
                                                                        : NULL;
    const struct str text = str_trim(value);
    if (place && text.len > 0) {
        *place = str_copy(arena, text);
    }
}

/* False: the file has no such section. */
static bool read_section(struct arena *arena, struct str path, struct str section, struct source_keys *keys)
{
    FILE *file = path.ptr ? fopen(str_cstr(arena, path), "r") : NULL;
    char line[LINE_MAX_BYTES];
    bool inside = false, found = false;
    while (file && fgets(line, sizeof(line), file)) {
        const struct str text = str_trim(str_of(line));
        if (str_starts(text, STR("[")) && str_ends(text, STR("]"))) {
            inside = str_equal(str_trim(str_slice(text, 1, text.len - 2)), section);
            found = found || inside;
        } else if (inside) {
            take_entry(arena, text, keys);
        }
    }
    if (file) {
        fclose(file);
    }
    return found;
}

static bool are_whole(const struct source_keys *keys)
{
    return keys->access_key.len > 0 && keys->secret.len > 0;
}

/* A named profile must be there; the default one may be missing. */
static struct err read_profile(struct ctx *ctx, struct arena *arena, struct source_keys *keys)
{
    const struct str asked = variable(arena, "AWS_PROFILE");
    const struct str name = asked.ptr ? asked : STR("default");
    const bool plain = str_equal(name, STR("default"));
    const struct str section = plain ? name : str_format(arena, "profile %" STR_FMT, STR_ARG(name));
    bool found = read_section(arena, file_path(arena, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), name, keys);
    if (!are_whole(keys)) {
        *keys = (struct source_keys){ 0 };
        found = read_section(arena, file_path(arena, "AWS_CONFIG_FILE", ".aws/config"), section, keys) || found;
    }
    if (asked.ptr && !are_whole(keys)) {
        return fail(ctx, &FAULT_INVALID, "AWS_PROFILE: %s \"%" STR_FMT "\"%s", found ? "the profile" : "there is no profile",
                    STR_ARG(name), found ? " has no aws_access_key_id and aws_secret_access_key; roles are given as role= in the URI,"
                                           " and SSO and credential_process are not read" : "");
    }
    return ERR_OK;
}

struct err source_keys_find(struct ctx *ctx, struct arena *arena, struct source_keys *keys, enum source_keys_origin *origin)
{
    *keys = (struct source_keys){ variable(arena, "AWS_ACCESS_KEY_ID"), variable(arena, "AWS_SECRET_ACCESS_KEY"),
                                  variable(arena, "AWS_SESSION_TOKEN"), 0 };
    *origin = KEYS_GIVEN;
    if ((keys->access_key.ptr == NULL) != (keys->secret.ptr == NULL)) {
        return fail(ctx, &FAULT_INVALID, "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, if the keys "
                    "are of a session)");
    }
    if (are_whole(keys)) {
        return ERR_OK;
    }
    *keys = (struct source_keys){ 0 };
    TRY(read_profile(ctx, arena, keys));
    if (!are_whole(keys)) {
        *keys = (struct source_keys){ 0 };
        const bool container = variable(arena, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").ptr
            || variable(arena, "AWS_CONTAINER_CREDENTIALS_FULL_URI").ptr;
        *origin = container ? KEYS_CONTAINER : KEYS_INSTANCE;
    }
    return ERR_OK;
}

/* --- container and instance --- */

struct asking {
    struct ctx *ctx;
    struct net_client *client;
    struct str base;
    const char *what;
};

static struct err ask(const struct asking *a, struct str method, struct str path, const struct http_header *header, struct str *body)
{
    struct http_response response;
    const struct http_request request = { .method = method, .path = path, .headers = header, .header_count = header ? 1 : 0 };
    TRY(net_client_call(a->ctx, a->client, a->base, &request, -1, &response));
    if (response.status != 200) {
        return fail(a->ctx, &FAULT_UNAVAILABLE, "%s answered %u for %" STR_FMT, a->what, (unsigned)response.status, STR_ARG(path));
    }
    *body = response.body;
    return ERR_OK;
}

static struct err read_answer(const struct asking *a, struct str body, struct source_keys *keys)
{
    const struct json *json = json_parse(a->ctx->arena, body, NULL);
    *keys = (struct source_keys){ json_text(json_get(json, STR("AccessKeyId"))), json_text(json_get(json, STR("SecretAccessKey"))),
                                  json_text(json_get(json, STR("Token"))), 0 };
    keys->token = keys->token.len > 0 ? keys->token : STR_NONE;
    const struct str until = json_text(json_get(json, STR("Expiration")));
    if (!are_whole(keys) || (until.ptr && !clock_parse_iso8601(until, &keys->until_ms))) {
        return fail(a->ctx, &FAULT_INVALID, "the answer of %s holds no keys", a->what);
    }
    return ERR_OK;
}

/* spec: IMDS version 2: a token first. */
static struct err ask_instance(struct asking *a, struct source_keys *keys)
{
    static const struct str folder = STR_INIT("/latest/meta-data/iam/security-credentials/");
    const struct str given = variable(a->ctx->arena, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    const struct http_header life = { STR("X-aws-ec2-metadata-token-ttl-seconds"), str_format(a->ctx->arena, "%d", TOKEN_SECONDS) };
    struct str token = STR_NONE, roles = STR_NONE, body = STR_NONE, rest = STR_NONE;
    if (str_equal_nocase(variable(a->ctx->arena, "AWS_EC2_METADATA_DISABLED"), STR("true"))) {
        return fail(a->ctx, &FAULT_INVALID, "AWS_EC2_METADATA_DISABLED is set");
    }
    a->what = "the instance's metadata service";
    a->base = given.ptr ? given : STR("http://169.254.169.254");
    while (str_ends(a->base, STR("/"))) {
        a->base.len--;
    }
    TRY(ask(a, STR("PUT"), STR("/latest/api/token"), &life, &token));
    const struct http_header proof = { STR("X-aws-ec2-metadata-token"), str_trim(token) };
    TRY(ask(a, STR("GET"), folder, &proof, &roles));
    const struct str role = str_percent_encode(a->ctx->arena, str_trim(str_cut(roles, '\n', &rest)), false);
    TRY(ask(a, STR("GET"), str_format(a->ctx->arena, "%" STR_FMT "%" STR_FMT, STR_ARG(folder), STR_ARG(role)), &proof, &body));
    return read_answer(a, body, keys);
}

/* Keys must not travel in the clear, but for the addresses that lead no further than this machine. */
static bool is_safe(struct str base)
{
    static const struct str near[] = { STR_INIT("http://127.0.0.1"), STR_INIT("http://localhost"), STR_INIT("http://[::1]"),
                                       STR_INIT("http://169.254.170.2"), STR_INIT("http://169.254.170.23"),
                                       STR_INIT("http://[fd00:ec2::23]") };
    bool safe = str_starts(base, STR("https://"));
    for (size_t i = 0; i < COUNT_OF(near) && !safe; i++) {
        const struct str port = str_from(base, near[i].len);
        safe = str_starts(base, near[i]) && (port.len == 0 || port.ptr[0] == ':');
    }
    return safe;
}

static struct err container_proof(struct ctx *ctx, struct http_header *header)
{
    const struct str path = variable(ctx->arena, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    char line[LINE_MAX_BYTES] = "";
    *header = (struct http_header){ STR("Authorization"), variable(ctx->arena, "AWS_CONTAINER_AUTHORIZATION_TOKEN") };
    if (path.ptr == NULL) {
        return ERR_OK;
    }
    FILE *file = fopen(str_cstr(ctx->arena, path), "r"); /* anew each time: the token changes */
    const bool read = file && fgets(line, sizeof(line), file);
    if (file) {
        fclose(file);
    }
    header->value = str_copy(ctx->arena, str_trim(str_of(line)));
    return read ? ERR_OK : fail(ctx, &FAULT_IO, "the container's token can't be read from %" STR_FMT, STR_ARG(path));
}

static struct err ask_container(struct asking *a, struct source_keys *keys)
{
    struct ctx *ctx = a->ctx;
    const struct str relative = variable(ctx->arena, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const struct str full = variable(ctx->arena, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const struct str uri = relative.ptr ? str_format(ctx->arena, "http://169.254.170.2%" STR_FMT, STR_ARG(relative)) : full;
    const size_t scheme = str_search(uri, STR("://"));
    const size_t host = scheme == STR_MISSING ? STR_MISSING : str_find(str_from(uri, scheme + 3), '/');
    struct http_header proof;
    struct str body = STR_NONE;
    a->what = "the container's credentials service";
    a->base = host == STR_MISSING ? uri : str_slice(uri, 0, scheme + 3 + host);
    if (host == STR_MISSING || !is_safe(a->base)) {
        return fail(ctx, &FAULT_INVALID, "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http on this machine");
    }
    TRY(container_proof(ctx, &proof));
    TRY(ask(a, STR("GET"), str_from(uri, scheme + 3 + host), proof.value.ptr ? &proof : NULL, &body));
    return read_answer(a, body, keys);
}

struct err source_keys_fetch(struct ctx *ctx, struct source *source, struct source_keys *keys)
{
    struct net_client *client = net_client_open(&(struct net_client_options){
        .connect_timeout_ms = METADATA_CONNECT_MS, .idle_timeout_s = METADATA_IDLE_S, .stopped = source_stopping, .self = source });
    struct asking a = { .ctx = ctx, .client = client };
    const bool container = source->origin == KEYS_CONTAINER;
    const struct err err = container ? ask_container(&a, keys) : ask_instance(&a, keys);
    net_client_close(client);
    if (!err.fault) {
        return ERR_OK;
    }
    const struct str why = str_copy(ctx->arena, str_of(ctx->reason));
    return fail(ctx, err.fault, "no keys: neither the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) nor a profile has any, and %"
                STR_FMT, STR_ARG(why));
}
