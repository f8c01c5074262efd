#include "app/notify.h"

#include "app/notify_hub.h"
#include "app/notify_message.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "net/client.h"
#include "net/lines.h"
#include "net/mail.h"

enum { BULK_MAX = 5 * 1024 * 1024 };

struct notifier {
    struct arena *arena; /* of the destinations: they hold secrets */
    struct notify_destination destinations[NOTIFY_DESTINATIONS_MAX];
    int64_t sent_ms[NOTIFY_DESTINATIONS_MAX];
    size_t count;
    struct net_client *client;
    bool (*stopped)(void *self);
    void *stopped_self;
};

static bool is_stopping(void *self)
{
    const struct notifier *notifier = self;
    return notifier->stopped && notifier->stopped(notifier->stopped_self);
}

struct err notifier_open(struct ctx *ctx, const struct path_list *urls, struct notifier **out)
{
    struct notifier *notifier = memory_new(sizeof(*notifier));
    notifier->arena = arena_open_secret();
    struct ctx own = ctx_new(notifier->arena, ctx->now_ms);
    for (size_t i = 0; i < urls->count; i++) {
        const bool full = i == NOTIFY_DESTINATIONS_MAX;
        struct err err = full ? fail(&own, &FAULT_INVALID, "at most %d are allowed", NOTIFY_DESTINATIONS_MAX)
                              : notify_destination_read(&own, urls->items[i], &notifier->destinations[i]);
        if (err.fault) {
            err = fail(ctx, err.fault, "--notify, number %zu: %s", i + 1, own.reason);
            notifier_close(notifier);
            return err;
        }
        notifier->count++;
    }
    notifier->client = net_client_open(&(struct net_client_options){
        .connect_timeout_ms = 5000, .idle_timeout_s = 15, .body_max = 1024 * 1024, .stopped = is_stopping, .self = notifier });
    *out = notifier;
    return ERR_OK;
}

void notifier_close(struct notifier *notifier)
{
    if (notifier) {
        net_client_close(notifier->client);
        arena_close(notifier->arena);
        memory_free(notifier);
    }
}

void notifier_set_stopped(struct notifier *notifier, bool (*stopped)(void *self), void *self)
{
    notifier->stopped = stopped;
    notifier->stopped_self = self;
}

/* What was refused for what it says stays refused; a wrong key or a missing hook can be mended. */
static struct err judge_answer(struct ctx *ctx, const struct notify_destination *to, const struct http_response *response)
{
    const uint16_t status = response->status;
    if (status >= 200 && status < 300) {
        return ERR_OK;
    }
    const bool for_good = status == 400 || status == 413 || status == 422;
    return fail(ctx, for_good ? &FAULT_INVALID : &FAULT_UNAVAILABLE, "%" STR_FMT " answered %u: %" STR_FMT, STR_ARG(to->name),
                (unsigned)status, STR_ARG(notify_plain(ctx->arena, response->body, 200)));
}

static struct err post(struct ctx *ctx, struct notifier *notifier, const struct notify_destination *to, struct str path,
                       struct str type, struct str body, struct http_response *response)
{
    const struct str basic = str_base64(ctx->arena, str_format(ctx->arena, "%" STR_FMT ":%" STR_FMT, STR_ARG(to->user), STR_ARG(to->password)));
    const struct http_header headers[] = {
        { STR("Content-Type"), type },
        { STR("User-Agent"), STR("yagura") },
        { STR("Authorization"), str_format(ctx->arena, "Basic %" STR_FMT, STR_ARG(basic)) },
    };
    const struct http_request request = { .method = STR("POST"), .path = path, .query = to->kind == NOTIFY_OPENSEARCH ? STR_NONE : to->query,
                                          .body = body, .headers = headers, .header_count = to->user.len > 0 ? 3 : 2 };
    TRY(net_client_call(ctx, notifier->client, to->base, &request, -1, response)); /* its reason names the host alone */
    return judge_answer(ctx, to, response);
}

static struct err send_message(struct ctx *ctx, struct notifier *notifier, const struct notify_destination *to,
                               const struct notify_digest *digest)
{
    struct http_response response;
    return post(ctx, notifier, to, to->path, STR("application/json"), notify_message(ctx->arena, to, digest), &response);
}

/* The same findings at the same counts make the same id: whoever gets it twice can tell. */
static struct str message_id(struct arena *arena, const struct notify_digest *digest)
{
    struct hash hash = hash_begin(HASH_SHA256);
    unsigned char out[HASH_SHA256_SIZE];
    for (size_t i = 0; i < digest->count; i++) {
        hash_add(&hash, digest->findings[i].id);
        hash_add(&hash, str_format(arena, ":%lld;", (long long)digest->findings[i].count));
    }
    hash_end(&hash, out);
    return str_hex(arena, out, 16);
}

static struct err send_mail(struct ctx *ctx, struct notifier *notifier, const struct notify_destination *to,
                            const struct notify_digest *digest)
{
    return net_mail_send(ctx, &(struct net_mail){
        .base = to->base, .user = to->user, .password = to->password, .from = to->from, .to = to->to, .to_count = to->to_count,
        .message = notify_mail(ctx->arena, to, digest, message_id(ctx->arena, digest), ctx->now_ms),
    }, is_stopping, notifier);
}

static struct err send_lines(struct ctx *ctx, const struct notify_destination *to, const struct notify_digest *digest)
{
    struct str *messages = ARENA_ARRAY(ctx->arena, struct str, digest->count);
    for (size_t i = 0; i < digest->count; i++) {
        messages[i] = notify_line(ctx->arena, to, &digest->findings[i]);
    }
    return net_lines_send(ctx, to->base, messages, digest->count);
}

/* spec: OpenSearch, bulk: 200 even when single documents were refused; "errors" tells. */
static struct err send_bulk(struct ctx *ctx, struct notifier *notifier, const struct notify_destination *to, struct str body)
{
    struct http_response response;
    TRY(post(ctx, notifier, to, STR("/_bulk"), STR("application/x-ndjson"), body, &response));
    const struct json *answer = json_parse(ctx->arena, response.body, NULL);
    const struct json *items = json_get(answer, STR("items"));
    for (const struct json *item = items ? items->child : NULL; item; item = item->next) {
        const struct json *trouble = json_path(item, "index.error");
        if (trouble) {
            const struct str reason = json_text(json_get(trouble, STR("reason")));
            return fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT " did not take a finding: %" STR_FMT, STR_ARG(to->name),
                        STR_ARG(notify_plain(ctx->arena, reason, 200)));
        }
    }
    return answer ? ERR_OK : fail(ctx, &FAULT_UNAVAILABLE, "%" STR_FMT " answered no JSON", STR_ARG(to->name));
}

static struct err send_documents(struct ctx *ctx, struct notifier *notifier, const struct notify_destination *to,
                                 const struct notify_digest *digest)
{
    struct text body = text_new(ctx->arena);
    for (size_t i = 0; i < digest->count; i++) {
        notify_bulk(&body, to, &digest->findings[i]);
        if (body.len > BULK_MAX || i + 1 == digest->count) {
            TRY(send_bulk(ctx, notifier, to, text_str(&body)));
            text_reset(&body);
        }
    }
    return ERR_OK;
}

struct err notify_send(struct ctx *ctx, struct notifier *notifier, size_t destination, const struct str *arrays, size_t count)
{
    const struct notify_destination *to = &notifier->destinations[destination];
    const struct notify_digest digest = notify_digest_of(ctx->arena, arrays, count, to->min_severity);
    if (digest.count == 0) {
        return ERR_OK;
    }
    switch (to->kind) {
    case NOTIFY_MAIL:
        return send_mail(ctx, notifier, to, &digest);
    case NOTIFY_SYSLOG:
    case NOTIFY_CEF:
        return send_lines(ctx, to, &digest);
    case NOTIFY_OPENSEARCH:
        return send_documents(ctx, notifier, to, &digest);
    case NOTIFY_SECURITY_HUB:
        return notify_hub_send(ctx, notifier->client, to, &digest);
    default:
        return send_message(ctx, notifier, to, &digest);
    }
}

static struct str destination_id(const struct delivery *delivery)
{
    struct str id = STR_NONE;
    str_cut(delivery->item.topic, '/', &id);
    return id;
}

static bool must_wait(const struct notifier *notifier, size_t destination, int64_t now_ms)
{
    const struct notify_destination *to = &notifier->destinations[destination];
    const int64_t since = now_ms - notifier->sent_ms[destination];
    return to->kind < NOTIFY_GROUPED_COUNT && since >= 0 && since < to->every_ms;
}

/* All items of one destination, as one. */
static void deliver_to(struct ctx *ctx, struct notifier *notifier, size_t destination, struct delivery **items, size_t count)
{
    enum delivery_outcome outcome = DELIVERY_DONE;
    ctx->now_ms = clock_now_ms();
    if (must_wait(notifier, destination, ctx->now_ms)) {
        outcome = DELIVERY_HELD;
    } else {
        struct str *arrays = ARENA_ARRAY(ctx->arena, struct str, count);
        for (size_t i = 0; i < count; i++) {
            arrays[i] = items[i]->item.payload;
        }
        const struct err err = notify_send(ctx, notifier, destination, arrays, count);
        notifier->sent_ms[destination] = clock_now_ms();
        if (err.fault) {
            outcome = err_is(err, &FAULT_INVALID) ? DELIVERY_NEVER : DELIVERY_LATER;
            log_error(NULL, outcome == DELIVERY_NEVER ? "a notification was refused" : "a notification did not arrive; it is tried again",
                      LOG_STR("to", notifier->destinations[destination].name), LOG_STR("reason", str_of(ctx->reason)));
        }
    }
    for (size_t i = 0; i < count; i++) {
        items[i]->outcome = outcome;
        items[i]->until_ms = notifier->sent_ms[destination] + notifier->destinations[destination].every_ms;
    }
}

static void deliver(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count)
{
    struct notifier *notifier = self;
    struct delivery **own = ARENA_ARRAY(ctx->arena, struct delivery *, count);
    (void)db;
    for (size_t i = 0; i < count; i++) {
        deliveries[i].outcome = DELIVERY_NEVER; /* of a destination that is named no longer */
    }
    for (size_t destination = 0; destination < notifier->count; destination++) {
        size_t taken = 0;
        for (size_t i = 0; i < count; i++) {
            if (str_equal(destination_id(&deliveries[i]), notifier->destinations[destination].id)) {
                own[taken++] = &deliveries[i];
            }
        }
        if (taken > 0) {
            deliver_to(ctx, notifier, destination, own, taken);
        }
    }
}

static void take(void *self, struct ctx *ctx, struct store_conn *db, struct delivery *deliveries, size_t count)
{
    (void)self, (void)ctx, (void)db;
    for (size_t i = 0; i < count; i++) {
        deliveries[i].outcome = DELIVERY_DONE;
    }
}

/* One item per destination; the payloads are whole JSON objects already. */
static struct err spread_to(struct ctx *ctx, struct store_conn *db, const struct notify_destination *to,
                            const struct delivery *deliveries, size_t count, const double *severities)
{
    struct json_writer w = json_writer_new(ctx->arena);
    size_t taken = 0;
    json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        if (severities[i] >= to->min_severity) {
            json_raw(&w, deliveries[i].item.payload);
            taken++;
        }
    }
    json_close_array(&w);
    const struct str topic = str_format(ctx->arena, "notify/%" STR_FMT, STR_ARG(to->id));
    return taken == 0 ? ERR_OK : store_outbox_add(ctx, db, deliveries[0].item.account, topic, json_done(&w));
}

static struct err spread(void *self, struct ctx *ctx, struct store_conn *db, const struct delivery *deliveries, size_t count)
{
    const struct notifier *notifier = self;
    double *severities = ARENA_ARRAY(ctx->arena, double, count);
    for (size_t i = 0; i < count; i++) {
        const struct json *finding = json_parse(ctx->arena, deliveries[i].item.payload, NULL);
        if (!json_double(json_get(finding, STR("severity")), &severities[i])) {
            severities[i] = 0;
        }
    }
    for (size_t i = 0; i < notifier->count; i++) {
        TRY(spread_to(ctx, db, &notifier->destinations[i], deliveries, count, severities));
    }
    return ERR_OK;
}

void notifier_channels(struct notifier *notifier, struct deliverer_channel out[NOTIFY_CHANNELS])
{
    out[0] = (struct deliverer_channel){ .name = STR("guardduty.finding"), .deliver = take, .settle = spread, .self = notifier };
    out[1] = (struct deliverer_channel){ .name = STR("notify"), .deliver = deliver, .self = notifier };
}
