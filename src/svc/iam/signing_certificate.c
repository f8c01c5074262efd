/* signing_certificate.c - a user's X.509 certificates for services that take signed requests of the old kind. */
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "svc/iam/item.h"

enum { PER_USER = 2, ID_LENGTH = 32 };

static const struct str ID_ALPHABET = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");

static struct iam_signing_certificate certificate_out(const struct entity *user, const struct item *item)
{
    return (struct iam_signing_certificate){ user->name, item->id, item->body, item->status, SOME(item->created_ms) };
}

static struct err check_unused(struct request *rq, struct str fingerprint)
{
    const struct rows rows = rows_of(rq);
    struct items all = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SIGNING_CERTIFICATE, STR_NONE, STR_NONE, (struct page){ STR(""), 100000 }, &all));
    for (size_t i = 0; i < all.count; i++) {
        if (str_equal(all.items[i].more, fingerprint)) {
            return fail(&rq->ctx, &IAM_DUPLICATE_CERTIFICATE_EXCEPTION, "Certificate is already in use.");
        }
    }
    return ERR_OK;
}

static struct err check_certificate(struct request *rq, struct str pem, struct certificate *out)
{
    if (!certificate_read(rq->ctx.arena, pem, out)) {
        return fail(&rq->ctx, &IAM_MALFORMED_CERTIFICATE_EXCEPTION,
                    "Unable to parse certificate. Please ensure the certificate is in PEM format.");
    }
    return out->not_before_ms <= rq->ctx.now_ms && rq->ctx.now_ms < out->not_after_ms
               ? ERR_OK
               : fail(&rq->ctx, &IAM_INVALID_CERTIFICATE_EXCEPTION, "The certificate has expired or is not valid yet.");
}

struct err iam_upload_signing_certificate(struct request *rq, const struct iam_upload_signing_certificate_in *in,
                                          struct iam_upload_signing_certificate_out *out)
{
    const struct rows rows = rows_of(rq);
    struct entity user = { .kind = ENTITY_USER };
    struct certificate certificate = { .not_after_ms = 0 };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    TRY(check_certificate(rq, in->certificate_body, &certificate));
    TRY(check_unused(rq, certificate.fingerprint));
    TRY(item_quota(rq, ITEM_SIGNING_CERTIFICATE, user.id, PER_USER, "SigningCertificatesPerUser"));
    const struct str id = random_alphabet(&rq->ctx, ID_ALPHABET, ID_LENGTH);
    const struct item item = {
        .kind = ITEM_SIGNING_CERTIFICATE,
        .key = id,
        .id = id,
        .owner = user.id,
        .status = STR("Active"),
        .created_ms = item_now(rq),
        .changed_ms = item_now(rq),
        .expires_ms = certificate.not_after_ms,
        .body = in->certificate_body,
        .more = certificate.fingerprint,
    };
    TRY(rows_item_insert(&rows, &item));
    struct iam_signing_certificate *made = ARENA_NEW(rq->ctx.arena, struct iam_signing_certificate);
    *made = certificate_out(&user, &item);
    out->certificate = made;
    return ERR_OK;
}

struct err iam_list_signing_certificates(struct request *rq, const struct iam_list_signing_certificates_in *in,
                                         struct iam_list_signing_certificates_out *out)
{
    struct entity user = { .kind = ENTITY_USER };
    struct item_page page = { .marker = STR_NONE };
    TRY(entity_user_or_caller(rq, in->user_name, &user));
    TRY(item_list(rq, ITEM_SIGNING_CERTIFICATE, user.id, STR_NONE, in->marker, in->max_items, &page));
    out->certificates.items = ARENA_ARRAY(rq->ctx.arena, struct iam_signing_certificate, page.items.count + 1);
    for (size_t i = 0; i < page.items.count; i++) {
        out->certificates.items[i] = certificate_out(&user, &page.items.items[i]);
    }
    out->certificates.count = page.items.count;
    out->marker = page.marker;
    out->is_truncated = page.truncated;
    return ERR_OK;
}

static struct err certificate_of(struct request *rq, struct str user_name, struct str id, struct item *out)
{
    struct entity user = { .kind = ENTITY_USER };
    TRY(entity_user_or_caller(rq, user_name, &user));
    return item_get_of(rq, ITEM_SIGNING_CERTIFICATE, id, user.id, out);
}

struct err iam_update_signing_certificate(struct request *rq, const struct iam_update_signing_certificate_in *in,
                                          struct iam_update_signing_certificate_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item item = { .kind = ITEM_SIGNING_CERTIFICATE };
    TRY(certificate_of(rq, in->user_name, in->certificate_id, &item));
    item.status = in->status;
    item.changed_ms = item_now(rq);
    return rows_item_update(&rows, &item, STR_NONE);
}

struct err iam_delete_signing_certificate(struct request *rq, const struct iam_delete_signing_certificate_in *in,
                                          struct iam_delete_signing_certificate_out *out)
{
    (void)out;
    struct item item = { .kind = ITEM_SIGNING_CERTIFICATE };
    TRY(certificate_of(rq, in->user_name, in->certificate_id, &item));
    return item_delete(rq, &item);
}
