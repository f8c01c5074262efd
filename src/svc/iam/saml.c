/* saml.c - SAML providers: whose assertions roles may trust. STS reads their metadata and keys. */
#include "base/clock.h"
#include "crypto/certificate.h"
#include "crypto/random.h"
#include "svc/iam/item.h"
#include "wire/xml.h"

enum { PROVIDERS_MAX = 100, KEYS_MAX = 2, ID_LENGTH = 22, YEARS_VALID = 100 };

static const struct str ID_ALPHABET = STR_INIT("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

static const struct xml *child_named(const struct xml *parent, struct str name)
{
    const struct xml *found = NULL;
    for (const struct xml *child = parent->child; child && !found; child = child->next) {
        found = str_equal(xml_local_name(child->name), name) ? child : NULL;
    }
    return found;
}

static struct str attribute_of(const struct xml *element, struct str name)
{
    for (const struct xml_attribute *a = element->attributes; a; a = a->next) {
        if (str_equal(a->name, name)) {
            return a->value;
        }
    }
    return STR_NONE;
}

/* spec: SAML 2.0 metadata, 2.3.2; where it names no end AWS tells one a hundred years ahead. */
static int64_t valid_until(const struct request *rq, const struct xml *root)
{
    int64_t ms = 0;
    return clock_parse_iso8601(attribute_of(root, STR("validUntil")), &ms) ? ms
                                                                          : item_now(rq) + YEARS_VALID * INT64_C(31557600000);
}

/* An identity provider's descriptor with a signing certificate. spec: SAML 2.0 metadata, 2.3.2 and 2.4.3. */
static struct err read_metadata(struct request *rq, struct str document, struct item *provider)
{
    const struct xml *root = xml_parse(rq->ctx.arena, document, NULL);
    const bool entity = root && str_equal(xml_local_name(root->name), STR("EntityDescriptor"))
        && attribute_of(root, STR("entityID")).len > 0;
    const struct xml *idp = entity ? child_named(root, STR("IDPSSODescriptor")) : NULL;
    if (idp == NULL || child_named(idp, STR("KeyDescriptor")) == NULL) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "Could not parse metadata");
    }
    provider->body = document;
    provider->expires_ms = valid_until(rq, root);
    return ERR_OK;
}

static struct err add_key(struct request *rq, const struct item *provider, struct str pem)
{
    const struct rows rows = rows_of(rq);
    const struct str id = random_alphabet(&rq->ctx, ID_ALPHABET, ID_LENGTH);
    struct item key = { .kind = ITEM_SAML_KEY, .key = id, .id = id, .owner = provider->key,
                        .created_ms = item_now(rq) };
    if (!certificate_is_private_key(pem)) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "The private key is not a valid RSA key in PEM format.");
    }
    TRY(item_quota(rq, ITEM_SAML_KEY, provider->key, KEYS_MAX, "PrivateKeysPerSAMLProvider"));
    key.secret = item_seal(rq, &key, pem);
    return rows_item_insert(&rows, &key);
}

/* spec: IAM user guide: assertions can only be demanded encrypted when there is a key to open them. */
static struct err check_mode(struct request *rq, const struct item *provider)
{
    const struct rows rows = rows_of(rq);
    int64_t keys = 0;
    TRY(rows_item_count(&rows, ITEM_SAML_KEY, provider->key, &keys));
    return keys > 0 || !str_equal(provider->status, STR("Required"))
               ? ERR_OK
               : fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION,
                      "AssertionEncryptionMode Required needs a private key: give one in AddPrivateKey.");
}

struct err iam_create_saml_provider(struct request *rq, const struct iam_create_saml_provider_in *in,
                                    struct iam_create_saml_provider_out *out)
{
    const struct rows rows = rows_of(rq);
    TRY(provider_check_propagation(rq, in->context_provider || in->identity_center_instance_arn.ptr));
    TRY(item_quota(rq, ITEM_SAML, STR_NONE, PROVIDERS_MAX, "SAMLProvidersPerAccount"));
    struct item provider = {
        .kind = ITEM_SAML,
        .key = str_format(rq->ctx.arena, "arn:aws:iam::%" STR_FMT ":saml-provider/%" STR_FMT, STR_ARG(rq->account),
                          STR_ARG(in->name)),
        .name = in->name,
        .id = random_alphabet(&rq->ctx, ID_ALPHABET, ID_LENGTH),
        .status = in->assertion_encryption_mode,
        .created_ms = item_now(rq),
        .changed_ms = item_now(rq),
    };
    TRY(read_metadata(rq, in->saml_metadata_document, &provider));
    const struct err err = rows_item_insert(&rows, &provider);
    if (err_is(err, &STORE_CONFLICT)) {
        return fail(&rq->ctx, &IAM_ENTITY_ALREADY_EXISTS_EXCEPTION, "Provider with name %" STR_FMT " already exists.",
                    STR_ARG(in->name));
    }
    TRY(err);
    if (in->add_private_key.ptr) {
        TRY(add_key(rq, &provider, in->add_private_key));
    }
    TRY(check_mode(rq, &provider));
    out->saml_provider_arn = provider.key;
    out->tags = in->tags;
    return tags_put(rq, item_tags(&provider), in->tags);
}

static struct err keys_out(struct request *rq, const struct item *provider, struct iam_private_key_list *out)
{
    const struct rows rows = rows_of(rq);
    struct items keys = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SAML_KEY, provider->key, STR_NONE, page_all(), &keys));
    out->items = ARENA_ARRAY(rq->ctx.arena, struct iam_saml_private_key, keys.count + 1);
    for (out->count = 0; out->count < keys.count; out->count++) {
        out->items[out->count] = (struct iam_saml_private_key){ keys.items[out->count].key,
                                                                SOME(keys.items[out->count].created_ms) };
    }
    return ERR_OK;
}

struct err iam_get_saml_provider(struct request *rq, const struct iam_get_saml_provider_in *in,
                                 struct iam_get_saml_provider_out *out)
{
    struct item provider = { .kind = ITEM_SAML };
    TRY(item_get(rq, ITEM_SAML, in->saml_provider_arn, &provider));
    out->saml_provider_uuid = provider.id;
    out->saml_metadata_document = provider.body;
    out->create_date = (struct opt_time)SOME(provider.created_ms);
    out->valid_until = (struct opt_time)SOME(provider.expires_ms);
    out->assertion_encryption_mode = provider.status;
    TRY(keys_out(rq, &provider, &out->private_key_list));
    return tags_read(rq, item_tags(&provider), &out->tags);
}

struct err iam_list_saml_providers(struct request *rq, const struct iam_list_saml_providers_in *in,
                                   struct iam_list_saml_providers_out *out)
{
    (void)in;
    const struct rows rows = rows_of(rq);
    struct items all = { NULL, 0 };
    TRY(rows_items(&rows, ITEM_SAML, STR_NONE, STR_NONE, page_all(), &all));
    out->saml_provider_list.items = ARENA_ARRAY(rq->ctx.arena, struct iam_saml_provider_list_entry, all.count + 1);
    for (size_t i = 0; i < all.count; i++) {
        out->saml_provider_list.items[i] = (struct iam_saml_provider_list_entry){
            .arn = all.items[i].key,
            .valid_until = SOME(all.items[i].expires_ms),
            .create_date = SOME(all.items[i].created_ms),
        };
    }
    out->saml_provider_list.count = all.count;
    return ERR_OK;
}

static struct err change_keys(struct request *rq, const struct item *provider, struct str remove, struct str add)
{
    const struct rows rows = rows_of(rq);
    struct item key = { .kind = ITEM_SAML_KEY };
    if (remove.ptr) {
        TRY(item_get_of(rq, ITEM_SAML_KEY, remove, provider->key, &key));
        TRY(rows_item_delete(&rows, ITEM_SAML_KEY, remove));
    }
    return add.ptr ? add_key(rq, provider, add) : ERR_OK;
}

struct err iam_update_saml_provider(struct request *rq, const struct iam_update_saml_provider_in *in,
                                    struct iam_update_saml_provider_out *out)
{
    const struct rows rows = rows_of(rq);
    struct item provider = { .kind = ITEM_SAML };
    TRY(item_get(rq, ITEM_SAML, in->saml_provider_arn, &provider));
    TRY(provider_check_propagation(rq, in->context_provider || in->identity_center_instance_arn.ptr));
    if (in->saml_metadata_document.ptr) {
        TRY(read_metadata(rq, in->saml_metadata_document, &provider));
    }
    TRY(change_keys(rq, &provider, in->remove_private_key, in->add_private_key));
    provider.status = in->assertion_encryption_mode.ptr ? in->assertion_encryption_mode : provider.status;
    provider.changed_ms = item_now(rq);
    TRY(check_mode(rq, &provider));
    out->saml_provider_arn = provider.key;
    return rows_item_update(&rows, &provider, STR_NONE);
}

struct err iam_delete_saml_provider(struct request *rq, const struct iam_delete_saml_provider_in *in,
                                    struct iam_delete_saml_provider_out *out)
{
    (void)out;
    const struct rows rows = rows_of(rq);
    struct item provider = { .kind = ITEM_SAML };
    TRY(item_get(rq, ITEM_SAML, in->saml_provider_arn, &provider));
    TRY(rows_item_delete_of(&rows, ITEM_SAML_KEY, provider.key));
    return item_delete(rq, &provider);
}
