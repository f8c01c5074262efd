#include "app/imds.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/equal.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { TTL_MAX_S = 21600, KEY_SIZE = 32, END_DIGITS = 16 };

struct imds {
    struct imds_options options;
    unsigned char key[KEY_SIZE]; /* of tokens */
};

/* One request. */
struct asked {
    const struct imds *imds;
    struct net_exchange *exchange;
    const struct http_request *http;
    struct ctx ctx;
};

struct imds *imds_open(const struct imds_options *options)
{
    struct imds *imds = memory_new(sizeof(*imds));
    imds->options = *options;
    random_bytes(imds->key, sizeof(imds->key));
    return imds;
}

void imds_close(struct imds *imds)
{
    if (imds) {
        memory_wipe(imds->key, sizeof(imds->key));
        memory_free(imds);
    }
}

static void answer(struct asked *asked, uint16_t status, const char *type, struct str body)
{
    struct http_response response = { .status = status, .body = body };
    http_response_add(asked->ctx.arena, &response, STR("Content-Type"), str_of(type));
    http_response_add(asked->ctx.arena, &response, STR("Server"), STR("EC2ws"));
    net_answer(asked->exchange, &response);
}

static void answer_text(struct asked *asked, struct str text)
{
    answer(asked, 200, "text/plain", text);
}

static void refuse(struct asked *asked, uint16_t status, const char *words)
{
    answer(asked, status, "text/plain", str_format(asked->ctx.arena, "%s\n", words));
}

/* --- tokens --- */

static struct str mac_of(const struct asked *asked, struct str end)
{
    unsigned char mac[HASH_SHA256_SIZE];
    hmac_sha256((struct str){ (const char *)asked->imds->key, KEY_SIZE }, end, mac);
    return str_hex(asked->ctx.arena, mac, sizeof(mac));
}

static void give_token(struct asked *asked)
{
    const struct str wanted = http_header_find(asked->http, STR("X-aws-ec2-metadata-token-ttl-seconds"));
    struct arena *arena = asked->ctx.arena;
    int64_t seconds = 0;
    if (http_header_find(asked->http, STR("X-Forwarded-For")).ptr) {
        refuse(asked, 403, "Forbidden");
        return;
    }
    if (!str_to_int(wanted, &seconds) || seconds < 1 || seconds > TTL_MAX_S) {
        refuse(asked, 400, "Bad Request: X-aws-ec2-metadata-token-ttl-seconds must be 1 to 21600");
        return;
    }
    const struct str end = str_format(arena, "%016llx", (unsigned long long)(asked->ctx.now_ms + seconds * 1000));
    struct http_response response = { .status = 200, .body = str_format(arena, "%s%s", end.ptr, mac_of(asked, end).ptr) };
    http_response_add(arena, &response, STR("Content-Type"), STR("text/plain"));
    http_response_add(arena, &response, STR("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"), str_format(arena, "%lld", (long long)seconds));
    net_answer(asked->exchange, &response);
}

static bool is_admitted(const struct asked *asked)
{
    const struct str token = http_header_find(asked->http, STR("X-aws-ec2-metadata-token"));
    unsigned char bytes[END_DIGITS / 2];
    if (token.ptr == NULL) {
        return asked->imds->options.version1;
    }
    const struct str end = str_slice(token, 0, END_DIGITS);
    if (!str_unhex(end, bytes, sizeof(bytes)) || !crypto_equal(mac_of(asked, end), str_from(token, END_DIGITS))) {
        return false;
    }
    uint64_t end_ms = 0;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        end_ms = end_ms << 8 | bytes[i];
    }
    return (uint64_t)asked->ctx.now_ms < end_ms;
}

/* --- pages --- */

static void member_time(struct json_writer *w, const char *name, struct arena *arena, int64_t ms)
{
    json_member_str(w, str_of(name), clock_format_iso8601(arena, ms));
}

static void fetch_failed(struct asked *asked)
{
    log_warn(&asked->ctx, "credentials can't be had", LOG_STR("reason", str_of(asked->ctx.reason)));
    refuse(asked, 500, "the role's credentials can't be had: see the log of yagura imds");
}

static void give_credentials(struct asked *asked)
{
    const struct imds_options *options = &asked->imds->options;
    struct arena *arena = asked->ctx.arena;
    struct imds_credentials made = { .issued_ms = 0 };
    if (options->credentials(options->self, &asked->ctx, &made).fault) {
        fetch_failed(asked);
        return;
    }
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("Code"), STR("Success"));
    member_time(&w, "LastUpdated", arena, made.issued_ms);
    json_member_str(&w, STR("Type"), STR("AWS-HMAC"));
    json_member_str(&w, STR("AccessKeyId"), made.access_key_id);
    json_member_str(&w, STR("SecretAccessKey"), made.secret_access_key);
    json_member_str(&w, STR("Token"), made.token);
    member_time(&w, "Expiration", arena, made.expires_ms);
    json_close_object(&w);
    answer_text(asked, json_done(&w));
}

static void give_container_credentials(struct asked *asked)
{
    const struct imds_options *options = &asked->imds->options;
    struct imds_credentials made = { .issued_ms = 0 };
    if (!crypto_equal(http_header_find(asked->http, STR("Authorization")), options->container_token)) {
        refuse(asked, 401, "Unauthorized");
        return;
    }
    if (options->credentials(options->self, &asked->ctx, &made).fault) {
        fetch_failed(asked);
        return;
    }
    struct json_writer w = json_writer_new(asked->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("RoleArn"), options->role_arn);
    json_member_str(&w, STR("AccessKeyId"), made.access_key_id);
    json_member_str(&w, STR("SecretAccessKey"), made.secret_access_key);
    json_member_str(&w, STR("Token"), made.token);
    member_time(&w, "Expiration", asked->ctx.arena, made.expires_ms);
    json_close_object(&w);
    answer(asked, 200, "application/json", json_done(&w));
}

static void give_info(struct asked *asked)
{
    const struct imds_options *options = &asked->imds->options;
    struct json_writer w = json_writer_new(asked->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("Code"), STR("Success"));
    member_time(&w, "LastUpdated", asked->ctx.arena, asked->ctx.now_ms);
    json_member_str(&w, STR("InstanceProfileArn"), options->profile_arn);
    json_member_str(&w, STR("InstanceProfileId"), options->profile_id);
    json_close_object(&w);
    answer_text(asked, json_done(&w));
}

static struct str zone_of(const struct asked *asked)
{
    return str_format(asked->ctx.arena, "%" STR_FMT "a", STR_ARG(asked->imds->options.region));
}

static void give_document(struct asked *asked)
{
    const struct imds_options *options = &asked->imds->options;
    struct json_writer w = json_writer_new(asked->ctx.arena);
    json_open_object(&w);
    json_member_str(&w, STR("accountId"), options->account);
    json_member_str(&w, STR("availabilityZone"), zone_of(asked));
    json_member_str(&w, STR("instanceId"), options->instance_id);
    json_member_str(&w, STR("region"), options->region);
    json_member_str(&w, STR("version"), STR("2017-09-30"));
    json_close_object(&w);
    answer_text(asked, json_done(&w));
}

static void give_role(struct asked *asked) { answer_text(asked, asked->imds->options.role_name); }
static void give_instance(struct asked *asked) { answer_text(asked, asked->imds->options.instance_id); }
static void give_region(struct asked *asked) { answer_text(asked, asked->imds->options.region); }
static void give_zone(struct asked *asked) { answer_text(asked, zone_of(asked)); }
static void give_partition(struct asked *asked) { answer_text(asked, STR("aws")); }
static void give_domain(struct asked *asked) { answer_text(asked, STR("amazonaws.com")); }
static void list_root(struct asked *asked) { answer_text(asked, STR("dynamic\nmeta-data")); }
static void list_metadata(struct asked *asked) { answer_text(asked, STR("iam/\ninstance-id\nplacement/\nservices/")); }
static void list_iam(struct asked *asked) { answer_text(asked, STR("info\nsecurity-credentials/")); }
static void list_placement(struct asked *asked) { answer_text(asked, STR("availability-zone\nregion")); }
static void list_services(struct asked *asked) { answer_text(asked, STR("domain\npartition")); }

/* Paths below /latest, with or without a slash at the end. */
static const struct {
    const char *path;
    void (*give)(struct asked *asked);
} PAGES[] = {
    { "", list_root },
    { "/dynamic/instance-identity/document", give_document },
    { "/meta-data", list_metadata },
    { "/meta-data/iam", list_iam },
    { "/meta-data/iam/info", give_info },
    { "/meta-data/iam/security-credentials", give_role },
    { "/meta-data/instance-id", give_instance },
    { "/meta-data/placement", list_placement },
    { "/meta-data/placement/availability-zone", give_zone },
    { "/meta-data/placement/region", give_region },
    { "/meta-data/services", list_services },
    { "/meta-data/services/domain", give_domain },
    { "/meta-data/services/partition", give_partition },
};

static void give_page(struct asked *asked, struct str path)
{
    const struct str credentials = STR("/meta-data/iam/security-credentials/");
    const struct str name = str_starts(path, credentials) ? str_from(path, credentials.len) : STR_NONE;
    if (name.len > 0 && str_equal(name, asked->imds->options.role_name)) {
        give_credentials(asked);
        return;
    }
    path = str_ends(path, STR("/")) ? str_slice(path, 0, path.len - 1) : path;
    for (size_t i = 0; i < COUNT_OF(PAGES); i++) {
        if (str_equal(path, str_of(PAGES[i].path))) {
            PAGES[i].give(asked);
            return;
        }
    }
    refuse(asked, 404, "Not Found");
}

void imds_handle(void *self, struct net_exchange *exchange)
{
    const struct imds *imds = self;
    const struct http_request *http = net_request(exchange);
    struct asked asked = { imds, exchange, http, ctx_new(net_arena(exchange), clock_now_ms()) };
    const bool get = str_equal(http->method, STR("GET"));
    if (str_equal(http->method, STR("PUT")) && str_equal(http->path, STR("/latest/api/token"))) {
        give_token(&asked);
    } else if (!get) {
        refuse(&asked, 405, "Method Not Allowed");
    } else if (imds->options.container_token.ptr && str_equal(http->path, STR("/credentials"))) {
        give_container_credentials(&asked);
    } else if (!is_admitted(&asked)) {
        refuse(&asked, 401, "Unauthorized");
    } else if (str_starts(http->path, STR("/latest"))) {
        give_page(&asked, str_from(http->path, sizeof("/latest") - 1));
    } else {
        refuse(&asked, 404, "Not Found");
    }
}
