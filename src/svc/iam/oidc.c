/* oidc.c - OpenID Connect providers: whose web identities roles may trust. STS reads them. Lists of client ids and
 * thumbprints are kept a line each. */
#include "svc/iam/item.h"

enum { PROVIDERS_MAX = 100, CLIENTS_MAX = 100, THUMBPRINTS_MAX = 5, THUMBPRINT_LENGTH = 40 };

static const struct str SCHEME = STR_INIT("https://");

struct texts {
    struct str *items;
    size_t count;
};

static struct texts lines_of(struct arena *arena, struct str text)
{
    struct texts out = { ARENA_NEW(arena, struct str), 0 };
    struct str rest = text;
    while (rest.len > 0) {
        out.items = arena_grow(arena, out.items, out.count * sizeof(struct str), (out.count + 1) * sizeof(struct str));
        out.items[out.count++] = str_cut(rest, '\n', &rest);
    }
    return out;
}

static bool holds(const struct str *items, size_t count, struct str text)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || str_equal(items[i], text);
    }
    return found;
}

/* Each once. */
static struct str join(struct arena *arena, const struct str *items, size_t count)
{
    struct text text = text_new(arena);
    for (size_t i = 0; i < count; i++) {
        if (holds(items, i, items[i])) {
            continue;
        }
        if (text.len > 0) {
            text_add_char(&text, '\n');
        }
        text_add(&text, items[i]);
    }
    return text_str(&text);
}

static struct err check_thumbprints(struct request *rq, const struct str *items, size_t count)
{
    unsigned char bytes[THUMBPRINT_LENGTH / 2];
    if (count > THUMBPRINTS_MAX) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Thumbprint list must contain fewer than %d entries.",
                    THUMBPRINTS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_unhex(items[i], bytes, sizeof(bytes))) {
            return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Thumbprint %" STR_FMT
                        " is not valid: it must be the 40 hex digits of a certificate's SHA-1.", STR_ARG(items[i]));
        }
    }
    return ERR_OK;
}

static struct err check_clients(struct request *rq, const struct str *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < items[i].len; c++) {
            if ((unsigned char)items[i].ptr[c] < ' ') {
                return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "A client id must not contain control characters.");
            }
        }
    }
    return count <= CLIENTS_MAX ? ERR_OK
                                : fail(&rq->ctx, &IAM_LIMIT_EXCEEDED_EXCEPTION,
                                       "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", CLIENTS_MAX);
}

struct err provider_check_propagation(struct request *rq, bool asked)
{
    return asked ? fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION,
                        "There is no IAM Identity Center here: leave out ContextProvider and IdentityCenterInstanceArn.")
                 : ERR_OK;
}

/* A colon stands before a port, nowhere else. */
static bool is_port(struct str rest)
{
    int64_t port = 0;
    const size_t slash = str_find(rest, '/');
    return str_to_int(str_slice(rest, 0, slash == STR_MISSING ? rest.len : slash), &port) && port > 0 && port < 65536;
}

/* "https://host/path", without query or fragment. A port may stand there, other than with AWS: who runs this runs providers, too. */
static struct err check_url(struct request *rq, struct str url, struct str *bare)
{
    *bare = str_from(url, SCHEME.len);
    while (str_ends(*bare, STR("/"))) {
        bare->len--;
    }
    bool good = str_starts(url, SCHEME) && bare->len > 0 && bare->ptr[0] != '/';
    for (size_t i = 0; i < bare->len; i++) {
        const unsigned char c = (unsigned char)bare->ptr[i];
        good = good && c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '@' && c != '"' && c != '*' &&
               (c != ':' || is_port(str_from(*bare, i + 1)));
    }
    return good ? ERR_OK : fail(&rq->ctx, &IAM_VALIDATION_ERROR, "Invalid Open ID Connect Provider URL");
}

struct err iam_create_open_id_connect_provider(struct request *rq,
                                               const struct iam_create_open_id_connect_provider_in *in,
                                               struct iam_create_open_id_connect_provider_out *out)
{
    const struct rows rows = rows_of(rq);
    struct arena *arena = rq->ctx.arena;
    struct str url = STR_NONE;
    TRY(check_url(rq, in->url, &url));
    TRY(provider_check_propagation(rq, in->context_provider || in->identity_center_instance_arn.ptr));
    TRY(check_clients(rq, in->client_id_list.items, in->client_id_list.count));
    TRY(check_thumbprints(rq, in->thumbprint_list.items, in->thumbprint_list.count));
    TRY(item_quota(rq, ITEM_OIDC, STR_NONE, PROVIDERS_MAX, "OpenIdConnectProvidersPerAccount"));
    const struct item provider = {
        .kind = ITEM_OIDC,
        .key = str_format(arena, "arn:aws:iam::%" STR_FMT ":oidc-provider/%" STR_FMT, STR_ARG(rq->account), STR_ARG(url)),
        .name = url,
        .created_ms = item_now(rq),
        .body = join(arena, in->client_id_list.items, in->client_id_list.count),
        .more = join(arena, in->thumbprint_list.items, in->thumbprint_list.count),
    };
    const struct err err = rows_item_insert(&rows, &provider);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "Provider with url https://%" STR_FMT
                    " already exists.", STR_ARG(url));
    }
    TRY(err);
    out->open_id_connect_provider_arn = provider.key;
    out->tags = in->tags;
    return tags_put(rq, item_tags(&provider), in->tags);
}

struct err iam_get_open_id_connect_provider(struct request *rq, const struct iam_get_open_id_connect_provider_in *in,
                                            struct iam_get_open_id_connect_provider_out *out)
{
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    const struct texts clients = lines_of(rq->ctx.arena, provider.body);
    const struct texts thumbprints = lines_of(rq->ctx.arena, provider.more);
    out->url = provider.name;
    out->client_id_list = (struct iam_client_id_list_type){ clients.items, clients.count };
    out->thumbprint_list = (struct iam_thumbprint_list_type){ thumbprints.items, thumbprints.count };
    out->create_date = (struct opt_time)SOME(provider.created_ms);
    return tags_read(rq, item_tags(&provider), &out->tags);
}

struct err iam_list_open_id_connect_providers(struct request *rq,
                                              const struct iam_list_open_id_connect_providers_in *in,
                                              struct iam_list_open_id_connect_providers_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct items all = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_OIDC, STR_NONE, STR_NONE, page_all(), &all));
    out->open_id_connect_provider_list.items =
        ARENA_ARRAY(rq->ctx.arena, struct iam_open_id_connect_provider_list_entry, all.count + 1);
    for (size_t i = 0; i < all.count; i++) {
        out->open_id_connect_provider_list.items[i].arn = all.items[i].key;
    }
    out->open_id_connect_provider_list.count = all.count;
    return ERR_OK;
}

struct err iam_delete_open_id_connect_provider(struct request *rq,
                                               const struct iam_delete_open_id_connect_provider_in *in,
                                               struct iam_delete_open_id_connect_provider_out *out)
{
    (void)out;
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    return item_delete(rq, &provider);
}

struct err iam_add_client_id_to_open_id_connect_provider(struct request *rq,
                                                         const struct iam_add_client_id_to_open_id_connect_provider_in *in,
                                                         struct iam_add_client_id_to_open_id_connect_provider_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    struct texts clients = lines_of(rq->ctx.arena, provider.body);
    if (holds(clients.items, clients.count, in->client_id)) {
        return ERR_OK;
    }
    clients.items = arena_grow(rq->ctx.arena, clients.items, clients.count * sizeof(struct str),
                               (clients.count + 1) * sizeof(struct str));
    clients.items[clients.count++] = in->client_id;
    TRY(check_clients(rq, clients.items, clients.count));
    provider.body = join(rq->ctx.arena, clients.items, clients.count);
    return rows_item_update(&rows, &provider, STR_NONE);
}

struct err iam_remove_client_id_from_open_id_connect_provider(
    struct request *rq, const struct iam_remove_client_id_from_open_id_connect_provider_in *in,
    struct iam_remove_client_id_from_open_id_connect_provider_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    const struct texts clients = lines_of(rq->ctx.arena, provider.body);
    struct texts left = { clients.items, 0 };
    for (size_t i = 0; i < clients.count; i++) {
        if (!str_equal(clients.items[i], in->client_id)) {
            left.items[left.count++] = clients.items[i];
        }
    }
    provider.body = join(rq->ctx.arena, left.items, left.count);
    return rows_item_update(&rows, &provider, STR_NONE);
}

struct err iam_update_open_id_connect_provider_thumbprint(
    struct request *rq, const struct iam_update_open_id_connect_provider_thumbprint_in *in,
    struct iam_update_open_id_connect_provider_thumbprint_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    TRY(check_thumbprints(rq, in->thumbprint_list.items, in->thumbprint_list.count));
    provider.more = join(rq->ctx.arena, in->thumbprint_list.items, in->thumbprint_list.count);
    return rows_item_update(&rows, &provider, STR_NONE);
}

/* All it could change belongs to Identity Center; taking away what isn't there succeeds. */
struct err iam_update_open_id_connect_provider(struct request *rq,
                                               const struct iam_update_open_id_connect_provider_in *in,
                                               struct iam_update_open_id_connect_provider_out *out)
{
    (void)out;
    struct item provider = { .kind = ITEM_OIDC };
    TRY(item_get(rq, ITEM_OIDC, in->open_id_connect_provider_arn, &provider));
    return provider_check_propagation(rq, in->context_provider || in->identity_center_instance_arn.ptr);
}
