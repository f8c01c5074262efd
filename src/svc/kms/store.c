/* spec: KMS developer guide, "AWS CloudHSM key stores"; API reference, CreateCustomKeyStore and its faults. */
#include "svc/kms/store.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/queue.h"
#include "crypto/random.h"
#include "svc/kms/kms.h"
#include "svc/kms/material.h"
#include "svc/kms/page.h"

enum { PAGE = 100, TOKENS_MAX = 64 };

/* Clusters are set before the first request; open tokens are found by account and store. */
static struct {
    const struct kms_cluster *clusters;
    size_t cluster_count;
    _Atomic(struct lock *) lock;
    struct {
        struct str name;
        struct token *token;
    } tokens[TOKENS_MAX];
    struct arena *arena;
} house;

void kms_set_clusters(const struct kms_cluster *clusters, size_t count)
{
    house.clusters = clusters;
    house.cluster_count = count;
    house.lock = lock_open();
    house.arena = arena_open();
}

void store_close_tokens(void)
{
    struct lock *lock = atomic_exchange(&house.lock, NULL);
    if (lock == NULL) {
        return;
    }
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        token_close(house.tokens[i].token);
        house.tokens[i].token = NULL;
    }
    arena_close(house.arena);
    lock_free(lock);
}

static const struct kms_cluster *find_cluster(struct str id)
{
    for (size_t i = 0; i < house.cluster_count; i++) {
        if (str_equal(house.clusters[i].id, id)) {
            return &house.clusters[i];
        }
    }
    return NULL;
}

static struct str about(struct request *rq, struct str account, struct str id)
{
    return str_format(rq->ctx.arena, "kms:store:%" STR_FMT ":%" STR_FMT, STR_ARG(account), STR_ARG(id));
}

static struct str name_of(struct request *rq, struct str account, struct str id)
{
    return str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(account), STR_ARG(id));
}

static struct err missing(struct request *rq, struct str id)
{
    return fail(&rq->ctx, &KMS_CUSTOM_KEY_STORE_NOT_FOUND_EXCEPTION, "Custom key store %" STR_FMT " does not exist", STR_ARG(id));
}

static struct err need_store(struct request *rq, struct str id, struct store_row *out)
{
    const struct rows rows = kms_rows_here(rq);
    bool found = false;
    TRY(kms_rows_store_find(&rows, id, out, &found));
    return found ? ERR_OK : missing(rq, id);
}

static struct err invalid_state(struct request *rq, const struct store_row *row, const char *wanted)
{
    return fail(&rq->ctx, &KMS_CUSTOM_KEY_STORE_INVALID_STATE_EXCEPTION, "Custom key store %" STR_FMT " is %" STR_FMT
                " and must be %s", STR_ARG(row->id), STR_ARG(row->state), wanted);
}

static struct err log_in(struct request *rq, const struct store_row *row, struct str password, struct token **out)
{
    const struct kms_cluster *cluster = find_cluster(row->cluster);
    struct token_uri uri = { .token = STR_NONE };
    if (cluster == NULL || !token_uri_read(rq->ctx.arena, cluster->uri, &uri)) {
        return fail(&rq->ctx, &KMS_CLOUD_HSM_CLUSTER_NOT_FOUND_EXCEPTION, "Cluster %" STR_FMT " is none that this server was"
                    " started with: serve --hsm %" STR_FMT "=pkcs11:token=LABEL?module-path=PATH", STR_ARG(row->cluster),
                    STR_ARG(row->cluster));
    }
    return token_open(&rq->ctx, &uri, password, out);
}

/* Under the lock: the place of a store's token, or a free one. */
static size_t place_of(struct str name)
{
    size_t place = TOKENS_MAX;
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        if (house.tokens[i].token && str_equal(house.tokens[i].name, name)) {
            return i;
        }
        place = house.tokens[i].token == NULL && place == TOKENS_MAX ? i : place;
    }
    return place;
}

static struct token *find_open(struct str name)
{
    struct lock *lock = atomic_load(&house.lock);
    if (lock == NULL) {
        return NULL;
    }
    lock_take(lock);
    const size_t place = place_of(name);
    struct token *token = place < TOKENS_MAX ? house.tokens[place].token : NULL;
    lock_give(lock);
    return token;
}

/* Of two who came at once the first one's stays. */
static struct token *keep_open(struct str name, struct token *token)
{
    struct lock *lock = atomic_load(&house.lock);
    lock_take(lock);
    const size_t place = place_of(name);
    struct token *kept = place < TOKENS_MAX ? house.tokens[place].token : token;
    if (kept == NULL) {
        house.tokens[place].name = str_copy(house.arena, name);
        house.tokens[place].token = kept = token;
    }
    lock_give(lock);
    if (kept != token) {
        token_close(token);
    }
    return kept;
}

static struct err open_store(struct request *rq, struct str account, const struct store_row *row, struct token **out)
{
    const struct str name = name_of(rq, account, row->id);
    struct str password = STR_NONE;
    *out = find_open(name);
    if (*out) {
        return ERR_OK;
    }
    if (!vault_unseal(&rq->ctx, rq->vault, about(rq, account, row->id), row->password, &password)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the password of a key store was sealed under another root key or damaged");
    }
    TRY(log_in(rq, row, password, out));
    *out = keep_open(name, *out);
    return ERR_OK;
}

static struct err row_of_key(struct request *rq, const struct key *key, struct store_row *out)
{
    const struct rows rows = kms_rows_of(rq, key);
    bool found = false;
    TRY(kms_rows_store_find(&rows, key->store, out, &found));
    return found ? ERR_OK : missing(rq, key->store);
}

struct err store_is_connected(struct request *rq, const struct key *key, bool *out)
{
    struct store_row row = { .id = STR_NONE };
    TRY(row_of_key(rq, key, &row));
    *out = str_equal(row.state, STR("CONNECTED"));
    return ERR_OK;
}

struct err store_token(struct request *rq, const struct key *key, struct token **out)
{
    struct store_row row = { .id = STR_NONE };
    TRY(row_of_key(rq, key, &row));
    const struct err err = open_store(rq, key->account, &row, out);
    return err.fault ? (struct err){ &KMS_KEY_UNAVAILABLE_EXCEPTION } : ERR_OK;
}

struct str store_label(struct arena *arena, const struct key *key)
{
    return str_format(arena, "yagura-kms-%" STR_FMT, STR_ARG(key->id));
}

struct err store_make_key(struct request *rq, struct key *key)
{
    struct store_row row = { .id = STR_NONE };
    struct token *token = NULL;
    bool made = false;
    TRY(row_of_key(rq, key, &row));
    if (!str_equal(row.state, STR("CONNECTED"))) {
        return invalid_state(rq, &row, "CONNECTED");
    }
    TRY(store_token(rq, key, &token));
    TRY(token_need_key(&rq->ctx, token, store_label(rq->ctx.arena, key), &made));
    key->material = random_hex(&rq->ctx, 64);
    const struct rows rows = kms_rows_of(rq, key);
    return kms_rows_material_put(&rows, key->id, &(struct material_row){ .id = key->material, .state = STR("CURRENT") });
}

void store_delete_key(struct request *rq, const struct key *key)
{
    struct token *token = NULL;
    struct err err = store_token(rq, key, &token);
    err = err.fault ? err : token_delete_key(&rq->ctx, token, store_label(rq->ctx.arena, key));
    if (err.fault) {
        log_warn(&rq->ctx, "a deleted key stays in its token", LOG_STR("key", key->arn), LOG_STR("reason", str_of(rq->ctx.reason)));
    }
}

static struct err refuse_external(struct request *rq, bool external)
{
    return !external ? ERR_OK
                     : fail(&rq->ctx, &KMS_UNSUPPORTED_OPERATION_EXCEPTION, "External key stores (XKS) are not offered here; a store of type"
                            " AWS_CLOUDHSM is a PKCS #11 token");
}

struct err kms_create_custom_key_store(struct request *rq, const struct kms_create_custom_key_store_in *in,
                                       struct kms_create_custom_key_store_out *out)
{
    const bool external = str_equal(in->custom_key_store_type, STR("EXTERNAL_KEY_STORE")) || in->xks_proxy_uri_endpoint.ptr;
    TRY(refuse_external(rq, external));
    if (in->cloud_hsm_cluster_id.ptr == NULL || in->key_store_password.ptr == NULL) {
        return fail(&rq->ctx, &KMS_VALIDATION_EXCEPTION, "CloudHsmClusterId and KeyStorePassword are required");
    }
    struct store_row row = {
        .id = str_format(rq->ctx.arena, "cks-%" STR_FMT, STR_ARG(random_hex(&rq->ctx, 17))),
        .name = in->custom_key_store_name,
        .cluster = in->cloud_hsm_cluster_id,
        .certificate = in->trust_anchor_certificate,
        .state = STR("DISCONNECTED"),
        .created_ms = rq->ctx.now_ms,
    };
    if (find_cluster(row.cluster) == NULL) {
        return fail(&rq->ctx, &KMS_CLOUD_HSM_CLUSTER_NOT_FOUND_EXCEPTION, "Cluster %" STR_FMT " is none that this server was"
                    " started with: serve --hsm %" STR_FMT "=pkcs11:token=LABEL?module-path=PATH", STR_ARG(row.cluster),
                    STR_ARG(row.cluster));
    }
    row.password = vault_seal(&rq->ctx, rq->vault, about(rq, rq->account, row.id), in->key_store_password);
    const struct rows rows = kms_rows_here(rq);
    const struct err err = kms_rows_store_put(&rows, &row);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &KMS_CUSTOM_KEY_STORE_NAME_IN_USE_EXCEPTION, "There is a key store named %" STR_FMT " already",
                    STR_ARG(row.name));
    }
    out->custom_key_store_id = row.id;
    return err;
}

static struct kms_custom_key_stores_list_entry entry_of(const struct store_row *row)
{
    const bool failed = str_starts(row->state, STR("FAILED "));
    return (struct kms_custom_key_stores_list_entry){
        .custom_key_store_id = row->id,
        .custom_key_store_name = row->name,
        .cloud_hsm_cluster_id = row->cluster,
        .trust_anchor_certificate = row->certificate,
        .connection_state = failed ? STR("FAILED") : row->state,
        .connection_error_code = failed ? str_from(row->state, 7) : STR_NONE,
        .creation_date = SOME(row->created_ms),
        .custom_key_store_type = STR("AWS_CLOUDHSM"),
    };
}

/* By id or name: the one, which must be there. */
static struct err keep_asked(struct request *rq, const struct kms_describe_custom_key_stores_in *in, struct store_row *found,
                             size_t *count)
{
    const struct str wanted = in->custom_key_store_id.ptr ? in->custom_key_store_id : in->custom_key_store_name;
    for (size_t i = 0; i < *count && wanted.ptr; i++) {
        if (str_equal(wanted, in->custom_key_store_id.ptr ? found[i].id : found[i].name)) {
            found[0] = found[i];
            *count = 1;
            return ERR_OK;
        }
    }
    return wanted.ptr ? missing(rq, wanted) : ERR_OK;
}

struct err kms_describe_custom_key_stores(struct request *rq, const struct kms_describe_custom_key_stores_in *in,
                                          struct kms_describe_custom_key_stores_out *out)
{
    struct page page = { .limit = 0 };
    struct store_row *found = NULL;
    size_t count = 0;
    const bool one = in->custom_key_store_id.ptr || in->custom_key_store_name.ptr;
    TRY(kms_page_begin(rq, STR(""), one ? (struct opt_int){ .set = false } : in->limit, PAGE, in->marker, &page));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_stores(&rows, page, &found, &count));
    TRY(keep_asked(rq, in, found, &count));
    out->truncated = (struct opt_bool)SOME(count > (size_t)page.limit);
    if (out->truncated.v) {
        count = (size_t)page.limit;
        out->next_marker = kms_page_marker(rq, STR(""), found[count - 1].id);
    }
    out->custom_key_stores.items = arena_array(rq->ctx.arena, count + 1, sizeof(*out->custom_key_stores.items));
    out->custom_key_stores.count = count;
    for (size_t i = 0; i < count; i++) {
        out->custom_key_stores.items[i] = entry_of(&found[i]);
    }
    return ERR_OK;
}

static struct err put_state(struct request *rq, struct store_row *row, const char *state)
{
    const struct rows rows = kms_rows_here(rq);
    row->state = str_of(state);
    return kms_rows_store_put(&rows, row);
}

/* spec: ConnectCustomKeyStore succeeds even when the connection doesn't; DescribeCustomKeyStores tells. */
struct err kms_connect_custom_key_store(struct request *rq, const struct kms_connect_custom_key_store_in *in,
                                        struct kms_connect_custom_key_store_out *out)
{
    struct store_row row = { .id = STR_NONE };
    struct token *token = NULL;
    (void)out;
    TRY(need_store(rq, in->custom_key_store_id, &row));
    if (str_equal(row.state, STR("CONNECTED"))) {
        return ERR_OK;
    }
    const struct err err = open_store(rq, rq->account, &row, &token);
    if (err.fault == NULL) {
        return put_state(rq, &row, "CONNECTED");
    }
    return put_state(rq, &row, err_is(err, &TOKEN_WRONG_PIN) ? "FAILED INVALID_CREDENTIALS" : "FAILED CLUSTER_NOT_FOUND");
}

/* The token's session stays open, unused, until the server stops: another request may be in the midst of using it. */
struct err kms_disconnect_custom_key_store(struct request *rq, const struct kms_disconnect_custom_key_store_in *in,
                                           struct kms_disconnect_custom_key_store_out *out)
{
    struct store_row row = { .id = STR_NONE };
    (void)out;
    TRY(need_store(rq, in->custom_key_store_id, &row));
    return put_state(rq, &row, "DISCONNECTED");
}

struct err kms_update_custom_key_store(struct request *rq, const struct kms_update_custom_key_store_in *in,
                                       struct kms_update_custom_key_store_out *out)
{
    struct store_row row = { .id = STR_NONE };
    (void)out;
    TRY(refuse_external(rq, in->xks_proxy_uri_endpoint.ptr || in->xks_proxy_uri_path.ptr || in->xks_proxy_authentication_credential
                                || in->xks_proxy_connectivity.ptr || in->xks_proxy_vpc_endpoint_service_name.ptr));
    TRY(need_store(rq, in->custom_key_store_id, &row));
    if (str_equal(row.state, STR("CONNECTED"))) {
        return invalid_state(rq, &row, "DISCONNECTED");
    }
    row.name = in->new_custom_key_store_name.ptr ? in->new_custom_key_store_name : row.name;
    if (in->cloud_hsm_cluster_id.ptr && !str_equal(in->cloud_hsm_cluster_id, row.cluster)) {
        return fail(&rq->ctx, &KMS_CLOUD_HSM_CLUSTER_NOT_RELATED_EXCEPTION, "Cluster %" STR_FMT " is another one",
                    STR_ARG(in->cloud_hsm_cluster_id));
    }
    if (in->key_store_password.ptr) {
        row.password = vault_seal(&rq->ctx, rq->vault, about(rq, rq->account, row.id), in->key_store_password);
    }
    const struct rows rows = kms_rows_here(rq);
    return kms_rows_store_put(&rows, &row);
}

struct err kms_delete_custom_key_store(struct request *rq, const struct kms_delete_custom_key_store_in *in,
                                       struct kms_delete_custom_key_store_out *out)
{
    struct store_row row = { .id = STR_NONE };
    int64_t keys = 0;
    (void)out;
    TRY(need_store(rq, in->custom_key_store_id, &row));
    const struct rows rows = kms_rows_here(rq);
    TRY(kms_rows_store_keys(&rows, row.id, &keys));
    if (keys > 0) {
        return fail(&rq->ctx, &KMS_CUSTOM_KEY_STORE_HAS_CM_KS_EXCEPTION, "The key store holds %lld keys", (long long)keys);
    }
    if (str_equal(row.state, STR("CONNECTED"))) {
        return invalid_state(rq, &row, "DISCONNECTED");
    }
    return kms_rows_store_delete(&rows, row.id);
}
