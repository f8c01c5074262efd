/* tag_item.c - tags of instance profiles, MFA devices, providers and server certificates: three operations for each kind. */
#include "svc/iam/item.h"

static struct err owner_of(struct request *rq, enum item_kind kind, struct str key, struct str *owner)
{
    const bool named = kind == ITEM_INSTANCE_PROFILE || kind == ITEM_SERVER_CERTIFICATE;
    struct item item = { .kind = kind };
    TRY(named ? item_get_named(rq, kind, key, &item) : item_get(rq, kind, key, &item));
    *owner = item_tags(&item);
    return ERR_OK;
}

static struct err tag(struct request *rq, enum item_kind kind, struct str key, struct iam_tag_list_type tags)
{
    struct str owner = STR_NONE;
    TRY(owner_of(rq, kind, key, &owner));
    return tags_put(rq, owner, tags);
}

static struct err untag(struct request *rq, enum item_kind kind, struct str key, struct iam_tag_key_list_type keys)
{
    struct str owner = STR_NONE;
    TRY(owner_of(rq, kind, key, &owner));
    return tags_drop(rq, owner, keys);
}

/* The operations differ in nothing but their types and the member that names what is tagged. */
#define TAGGED(noun, kind, member)                                                                              \
    struct err iam_tag_##noun(struct request *rq, const struct iam_tag_##noun##_in *in,                         \
                              struct iam_tag_##noun##_out *out)                                                 \
    {                                                                                                           \
        (void)out;                                                                                              \
        return tag(rq, kind, in->member, in->tags);                                                             \
    }                                                                                                           \
    struct err iam_untag_##noun(struct request *rq, const struct iam_untag_##noun##_in *in,                     \
                                struct iam_untag_##noun##_out *out)                                             \
    {                                                                                                           \
        (void)out;                                                                                              \
        return untag(rq, kind, in->member, in->tag_keys);                                                       \
    }                                                                                                           \
    struct err iam_list_##noun##_tags(struct request *rq, const struct iam_list_##noun##_tags_in *in,           \
                                      struct iam_list_##noun##_tags_out *out)                                   \
    {                                                                                                           \
        struct str owner = STR_NONE;                                                                            \
        struct tag_page page = { .marker = STR_NONE };                                                          \
        TRY(owner_of(rq, kind, in->member, &owner));                                                            \
        TRY(tags_list(rq, owner, in->marker, in->max_items, &page));                                            \
        out->tags = page.tags;                                                                                  \
        out->is_truncated = page.truncated;                                                                     \
        out->marker = page.marker;                                                                              \
        return ERR_OK;                                                                                          \
    }

TAGGED(instance_profile, ITEM_INSTANCE_PROFILE, instance_profile_name)
TAGGED(mfa_device, ITEM_MFA, serial_number)
TAGGED(open_id_connect_provider, ITEM_OIDC, open_id_connect_provider_arn)
TAGGED(saml_provider, ITEM_SAML, saml_provider_arn)
TAGGED(server_certificate, ITEM_SERVER_CERTIFICATE, server_certificate_name)
