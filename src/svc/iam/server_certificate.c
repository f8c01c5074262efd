/* server_certificate.c - certificates for TLS with their private keys, which never leave again. */
#include "crypto/certificate.h"
#include "svc/iam/item.h"

enum { CERTIFICATES_MAX = 20 };

static struct iam_server_certificate_metadata metadata_out(struct request *rq, const struct item *item)
{
    return (struct iam_server_certificate_metadata){
        .path = item->path,
        .server_certificate_name = item->name,
        .server_certificate_id = item->id,
        .arn = item_arn(rq, item),
        .upload_date = SOME(item->created_ms),
        .expiration = SOME(item->expires_ms),
    };
}

static struct err check_parts(struct request *rq, const struct iam_upload_server_certificate_in *in,
                              struct certificate *certificate)
{
    if (!certificate_read(rq->ctx.arena, in->certificate_body, certificate)) {
        return fail(&rq->ctx, &IAM_MALFORMED_CERTIFICATE_EXCEPTION,
                    "Unable to parse certificate. Please ensure the certificate is in PEM format.");
    }
    const enum certificate_key key = certificate_match_key(in->certificate_body, in->private_key);
    if (key == CERTIFICATE_KEY_UNREADABLE) {
        return fail(&rq->ctx, &IAM_MALFORMED_CERTIFICATE_EXCEPTION, "Invalid Private Key.");
    }
    if (key == CERTIFICATE_KEY_DIFFERS) {
        return fail(&rq->ctx, &IAM_KEY_PAIR_MISMATCH_EXCEPTION,
                    "The public key certificate and the private key do not match.");
    }
    const int bad = in->certificate_chain.ptr ? certificate_check_chain(in->certificate_body, in->certificate_chain)
                                              : -1;
    return bad == -1 ? ERR_OK
                     : fail(&rq->ctx, &IAM_MALFORMED_CERTIFICATE_EXCEPTION,
                            "Unable to validate certificate chain. The certificate chain must start with the immediate "
                            "signing certificate, followed by any intermediaries in order. The index within the chain "
                            "of the invalid certificate is: %d", bad);
}

static struct err taken(struct request *rq, struct str name)
{
    return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION,
                "The Server Certificate with name %" STR_FMT " already exists.", STR_ARG(name));
}

struct err iam_upload_server_certificate(struct request *rq, const struct iam_upload_server_certificate_in *in,
                                         struct iam_upload_server_certificate_out *out)
{
    const struct rows rows = rows_of(rq);
    struct certificate certificate = { .not_after_ms = 0 };
    TRY(check_parts(rq, in, &certificate));
    TRY(item_quota(rq, ITEM_SERVER_CERTIFICATE, STR_NONE, CERTIFICATES_MAX, "ServerCertificatesPerAccount"));
    struct item item = {
        .kind = ITEM_SERVER_CERTIFICATE,
        .key = str_lower(rq->ctx.arena, in->server_certificate_name),
        .name = in->server_certificate_name,
        .id = entity_id(&rq->ctx, STR("ASCA")),
        .path = in->path.ptr ? in->path : STR("/"),
        .created_ms = item_now(rq),
        .expires_ms = certificate.not_after_ms,
        .body = str_trim(in->certificate_body), /* Terraform sees a change in every other line break */
        .more = in->certificate_chain.ptr ? str_trim(in->certificate_chain) : STR_NONE,
    };
    item.secret = item_seal(rq, &item, in->private_key);
    const struct err err = rows_item_insert(&rows, &item);
    if (err_is(err, &STORE_CONFLICT)) {
        return taken(rq, item.name);
    }
    TRY(err);
    struct iam_server_certificate_metadata *made = ARENA_NEW(rq->ctx.arena, struct iam_server_certificate_metadata);
    *made = metadata_out(rq, &item);
    out->server_certificate_metadata = made;
    out->tags = in->tags;
    return tags_put(rq, item_tags(&item), in->tags);
}

struct err iam_get_server_certificate(struct request *rq, const struct iam_get_server_certificate_in *in,
                                      struct iam_get_server_certificate_out *out)
{
    struct item item = { .kind = ITEM_SERVER_CERTIFICATE };
    TRY(item_get_named(rq, ITEM_SERVER_CERTIFICATE, in->server_certificate_name, &item));
    struct iam_server_certificate *answer = ARENA_NEW(rq->ctx.arena, struct iam_server_certificate);
    struct iam_server_certificate_metadata *metadata = ARENA_NEW(rq->ctx.arena, struct iam_server_certificate_metadata);
    *metadata = metadata_out(rq, &item);
    *answer = (struct iam_server_certificate){ metadata, item.body, item.more, { NULL, 0 } };
    out->server_certificate = answer;
    return tags_read(rq, item_tags(&item), &answer->tags);
}

struct err iam_list_server_certificates(struct request *rq, const struct iam_list_server_certificates_in *in,
                                        struct iam_list_server_certificates_out *out)
{
    struct item_page page = { .marker = STR_NONE };
    TRY(item_list(rq, ITEM_SERVER_CERTIFICATE, STR_NONE, in->path_prefix, in->marker, in->max_items, &page));
    out->server_certificate_metadata_list.items =
        ARENA_ARRAY(rq->ctx.arena, struct iam_server_certificate_metadata, page.items.count + 1);
    for (size_t i = 0; i < page.items.count; i++) {
        out->server_certificate_metadata_list.items[i] = metadata_out(rq, &page.items.items[i]);
    }
    out->server_certificate_metadata_list.count = page.items.count;
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

/* The private key is bound to its certificate's name, so a renamed one is sealed anew. */
struct err iam_update_server_certificate(struct request *rq, const struct iam_update_server_certificate_in *in,
                                         struct iam_update_server_certificate_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item item = { .kind = ITEM_SERVER_CERTIFICATE };
    struct str key = STR_NONE;
    TRY(item_get_named(rq, ITEM_SERVER_CERTIFICATE, in->server_certificate_name, &item));
    if (!item_unseal(rq, &item, &key)) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the key of certificate %" STR_FMT " does not open", STR_ARG(item.name));
    }
    const struct str old = item.key;
    item.path = in->new_path.ptr ? in->new_path : item.path;
    item.name = in->new_server_certificate_name.ptr ? in->new_server_certificate_name : item.name;
    item.key = str_lower(rq->ctx.arena, item.name);
    item.secret = item_seal(rq, &item, key);
    const struct str renamed = item.key;
    item.key = old;
    const struct err err = rows_item_update(&rows, &item, renamed);
    return err_is(err, &STORE_CONFLICT) ? taken(rq, item.name) : err;
}

struct err iam_delete_server_certificate(struct request *rq, const struct iam_delete_server_certificate_in *in,
                                         struct iam_delete_server_certificate_out *out)
{
    (void)out;
    struct item item = { .kind = ITEM_SERVER_CERTIFICATE };
    TRY(item_get_named(rq, ITEM_SERVER_CERTIFICATE, in->server_certificate_name, &item));
    return item_delete(rq, &item);
}
