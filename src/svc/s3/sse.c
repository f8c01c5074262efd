#include "svc/s3/sse.h"

#include "base/json.h"
#include "crypto/equal.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "svc/s3/members.h"
#include "svc/s3/opened.h"
#include "svc/s3/rows_key.h"
#include "svc/s3/sse_kms.h"

#define KEY_FRESH_MS ((int64_t)90 * 24 * 60 * 60 * 1000)
enum { KEY_ID_DIGITS = 32 };

static const struct fault INVALID_ALGORITHM = { "InvalidEncryptionAlgorithmError", NULL, NULL, 400 };

static struct str asked_text(struct request *rq, const void *in, const char *name)
{
    const struct str text = member_text(rq->operation->input, in, name);
    return text.len ? text : STR_NONE;
}

/* --- the customer's key --- */

struct customer {
    struct str algorithm, key, md5;
};

static struct customer customer_of(struct request *rq, const void *in, bool copy)
{
    return (struct customer){ .algorithm = asked_text(rq, in, copy ? "CopySourceSSECustomerAlgorithm" : "SSECustomerAlgorithm"),
                              .key = asked_text(rq, in, copy ? "CopySourceSSECustomerKey" : "SSECustomerKey"),
                              .md5 = asked_text(rq, in, copy ? "CopySourceSSECustomerKeyMD5" : "SSECustomerKeyMD5") };
}

static bool is_given(const struct customer *customer)
{
    return customer->algorithm.ptr || customer->key.ptr || customer->md5.ptr;
}

static struct err customer_fault(struct request *rq, const char *message)
{
    return s3_invalid_argument(rq, "x-amz-server-side-encryption", STR("null"), message);
}

/* The key's bytes. */
static struct err customer_key(struct request *rq, const struct customer *customer, unsigned char key[SEGMENTS_KEY_SIZE])
{
    struct str bytes = STR_NONE, md5 = STR_NONE;
    unsigned char computed[HASH_MD5_SIZE];
    if (customer->algorithm.ptr == NULL) {
        return customer_fault(rq, "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.");
    }
    if (!str_equal(customer->algorithm, STR("AES256"))) {
        request_element(rq, STR("ArgumentName"), STR("x-amz-server-side-encryption"));
        request_element(rq, STR("ArgumentValue"), customer->algorithm);
        return fail(&rq->ctx, &INVALID_ALGORITHM, "The Encryption request you specified is not valid. Supported value: AES256.");
    }
    if (customer->key.ptr == NULL) {
        return customer_fault(rq, "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.");
    }
    if (customer->md5.ptr == NULL) {
        return customer_fault(rq, "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.");
    }
    if (!str_unbase64(rq->ctx.arena, customer->key, &bytes) || bytes.len != SEGMENTS_KEY_SIZE) {
        return customer_fault(rq, "The secret key was invalid for the specified algorithm.");
    }
    struct hash hash = hash_begin(HASH_MD5);
    hash_add(&hash, bytes);
    hash_end(&hash, computed);
    if (!str_unbase64(rq->ctx.arena, customer->md5, &md5) || !str_equal(md5, (struct str){ (const char *)computed, sizeof(computed) })) {
        return customer_fault(rq, "The calculated MD5 hash of the key did not match the hash that was provided.");
    }
    memcpy(key, bytes.ptr, SEGMENTS_KEY_SIZE);
    return ERR_OK;
}

static struct str key_digest(struct arena *arena, const unsigned char key[SEGMENTS_KEY_SIZE], struct str salt)
{
    unsigned char digest[HASH_SHA256_SIZE];
    hmac_sha256((struct str){ (const char *)key, SEGMENTS_KEY_SIZE }, salt, digest);
    return str_hex(arena, digest, sizeof(digest));
}

static struct err choose_customer(struct request *rq, const struct customer *customer, struct str method, struct sse *out)
{
    if (method.ptr) {
        return s3_invalid_argument(rq, "x-amz-server-side-encryption", method,
                                   "Server Side Encryption with Customer provided key is incompatible with the encryption method specified");
    }
    TRY(customer_key(rq, customer, out->key));
    out->kind = SSE_CUSTOMER;
    out->md5 = customer->md5;
    out->salt = random_hex(&rq->ctx, KEY_ID_DIGITS);
    out->digest = key_digest(rq->ctx.arena, out->key, out->salt);
    return ERR_OK;
}

struct err sse_check_customer(struct request *rq, const void *in, bool copy, struct sse *sse)
{
    const struct customer customer = customer_of(rq, in, copy);
    if (sse->kind != SSE_CUSTOMER) {
        return is_given(&customer) ? fail(&rq->ctx, &S3_INVALID_REQUEST, "The encryption parameters are not applicable to this object.")
                                   : ERR_OK;
    }
    if (!is_given(&customer)) {
        return fail(&rq->ctx, &S3_INVALID_REQUEST, "The object was stored using a form of Server Side Encryption. The correct parameters must "
                                                   "be provided to retrieve the object.");
    }
    TRY(customer_key(rq, &customer, sse->key));
    if (!crypto_equal(key_digest(rq->ctx.arena, sse->key, sse->salt), sse->digest)) {
        return fail(&rq->ctx, &S3_ACCESS_DENIED, "Requests specifying Server Side Encryption with Customer provided keys must provide the "
                                                 "correct secret key.");
    }
    return ERR_OK;
}

/* --- S3's own keys --- */

static struct str about_key(struct request *rq, struct str bucket, struct str id)
{
    return str_format(rq->ctx.arena, "s3:key:%" STR_FMT ":%" STR_FMT, STR_ARG(bucket), STR_ARG(id));
}

static struct err take_bucket_key(struct request *rq, const struct key_row *row, struct str bucket, struct sse *out)
{
    struct str key = STR_NONE;
    out->key_id = str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(bucket), STR_ARG(row->id));
    if (opened_get(out->key_id, out->key)) {
        return ERR_OK;
    }
    if (!vault_unseal(&rq->ctx, rq->vault, about_key(rq, bucket, row->id), row->sealed, &key) || key.len != SEGMENTS_KEY_SIZE) {
        return fail(&rq->ctx, &FAULT_INTERNAL, "the key %" STR_FMT " of bucket %" STR_FMT " can't be opened", STR_ARG(row->id), STR_ARG(bucket));
    }
    memcpy(out->key, key.ptr, SEGMENTS_KEY_SIZE);
    opened_put(out->key_id, out->key);
    return ERR_OK;
}

/* The newest key of the bucket, or one that sse_keep will write. */
static struct err choose_bucket_key(struct request *rq, struct str bucket, struct sse *out)
{
    struct key_row row = { .made_ms = 0 };
    bool found = false;
    out->kind = SSE_S3;
    TRY(key_rows_newest(&rq->ctx, rq->db, bucket, &row, &found));
    if (found && rq->ctx.now_ms - row.made_ms < KEY_FRESH_MS) {
        return take_bucket_key(rq, &row, bucket, out);
    }
    const struct str id = random_hex(&rq->ctx, KEY_ID_DIGITS);
    random_bytes(out->key, sizeof(out->key));
    out->sealed = vault_seal(&rq->ctx, rq->vault, about_key(rq, bucket, id), (struct str){ (const char *)out->key, sizeof(out->key) });
    out->key_id = str_format(rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(bucket), STR_ARG(id));
    return ERR_OK;
}

static struct err open_bucket_key(struct request *rq, struct sse *sse)
{
    struct key_row row = { .made_ms = 0 };
    struct str id = STR_NONE;
    bool found = false;
    if (opened_get(sse->key_id, sse->key)) {
        return ERR_OK;
    }
    const struct str bucket = str_cut(sse->key_id, '/', &id);
    TRY(key_rows_get(&rq->ctx, rq->db, bucket, id, &row, &found));
    return found ? take_bucket_key(rq, &row, bucket, sse)
                 : fail(&rq->ctx, &FAULT_INTERNAL, "the key %" STR_FMT " is gone", STR_ARG(sse->key_id));
}

struct err sse_keep(struct request *rq, struct str bucket, const struct sse *sse)
{
    if (sse->kind != SSE_S3 || sse->sealed.ptr == NULL) {
        return ERR_OK;
    }
    return key_rows_put(&rq->ctx, rq->db, bucket, &(struct key_row){ .id = str_from(sse->key_id, bucket.len + 1), .sealed = sse->sealed,
                                                                     .made_ms = rq->ctx.now_ms });
}

/* --- choosing --- */

struct wish {
    struct str method, key;
    struct opt_bool bucket_key;
};

static struct opt_bool asked_bucket_key(struct request *rq, const void *in)
{
    const struct member *member = member_named(rq->operation->input, "BucketKeyEnabled");
    return member ? *(const struct opt_bool *)(const void *)((const char *)in + member->offset) : (struct opt_bool){ .set = false };
}

/* Where the request is silent the bucket speaks; of a key it names only together with the method. */
static struct err bucket_wish(struct request *rq, struct str bucket, struct wish *wish)
{
    const void *found = NULL;
    TRY(bucket_setting(rq, bucket, STR("encryption"), STR(""), S3_SHAPE_SERVER_SIDE_ENCRYPTION_CONFIGURATION, &found));
    const struct s3_server_side_encryption_configuration *configuration = found;
    if (configuration == NULL || configuration->rules.count == 0) {
        return ERR_OK;
    }
    const struct s3_server_side_encryption_rule *rule = &configuration->rules.items[0];
    const struct s3_server_side_encryption_by_default *by_default = rule->apply_server_side_encryption_by_default;
    if (wish->method.ptr == NULL && by_default) {
        wish->method = by_default->sse_algorithm;
        wish->key = by_default->kms_master_key_id;
    }
    if (!wish->bucket_key.set) {
        wish->bucket_key = rule->bucket_key_enabled;
    }
    return ERR_OK;
}

static struct err choose_method(struct request *rq, const void *in, const struct bucket_row *bucket, struct str name, struct wish *wish,
                                struct sse *out)
{
    if (wish->method.ptr == NULL || str_equal(wish->method, STR("AES256"))) {
        return choose_bucket_key(rq, bucket->name, out);
    }
    if (str_equal(wish->method, STR("aws:kms:dsse"))) {
        return fail(&rq->ctx, &S3_NOT_IMPLEMENTED, "Dual-layer encryption (aws:kms:dsse) is not implemented; use aws:kms.");
    }
    if (!str_equal(wish->method, STR("aws:kms"))) {
        return s3_invalid_argument(rq, "x-amz-server-side-encryption", wish->method, "The encryption method specified is not supported");
    }
    out->kind = SSE_KMS;
    out->key_id = wish->key.len ? wish->key : SSE_KMS_OWN;
    out->bucket_key = wish->bucket_key.set && wish->bucket_key.v;
    out->about = out->bucket_key ? str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT, STR_ARG(bucket->name))
                                 : str_format(rq->ctx.arena, "arn:aws:s3:::%" STR_FMT "/%" STR_FMT, STR_ARG(bucket->name), STR_ARG(name));
    TRY(sse_kms_context(rq, asked_text(rq, in, "SSEKMSEncryptionContext"), &out->context));
    return sse_kms_data_key(rq, out);
}

struct err sse_settle(struct request *rq, struct sse *sse)
{
    return sse->pending ? sse_kms_data_key(rq, sse) : ERR_OK;
}

struct err sse_choose(struct request *rq, const void *in, const struct bucket_row *bucket, struct str name, struct sse *out)
{
    const struct customer customer = customer_of(rq, in, false);
    struct wish wish = { .method = asked_text(rq, in, "ServerSideEncryption"), .key = asked_text(rq, in, "SSEKMSKeyId"),
                         .bucket_key = asked_bucket_key(rq, in) };
    *out = (struct sse){ .kind = SSE_S3 };
    if (is_given(&customer)) {
        return choose_customer(rq, &customer, wish.method, out);
    }
    if (wish.key.ptr && !str_starts(wish.method, STR("aws:kms"))) {
        return s3_invalid_argument(rq, "x-amz-server-side-encryption-aws-kms-key-id", wish.key,
                                   "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms");
    }
    TRY(bucket_wish(rq, bucket->name, &wish));
    return choose_method(rq, in, bucket, name, &wish, out);
}

struct err sse_open(struct request *rq, const void *in, bool copy, struct sse *sse)
{
    TRY(sse_check_customer(rq, in, copy, sse));
    switch (sse->kind) {
    case SSE_S3: return open_bucket_key(rq, sse);
    case SSE_KMS: return sse_kms_open(rq, sse);
    case SSE_CUSTOMER: return ERR_OK;
    }
    return ERR_OK;
}

/* --- rows --- */

static const char *const KINDS[] = { [SSE_S3] = "AES256", [SSE_KMS] = "aws:kms", [SSE_CUSTOMER] = "customer" };

struct str sse_write(struct arena *arena, const struct sse *sse)
{
    struct json_writer w = json_writer_new(arena);
    json_open_object(&w);
    json_member_str(&w, STR("kind"), str_of(KINDS[sse->kind]));
    json_member_str(&w, STR("key"), sse->key_id);
    if (sse->kind == SSE_KMS) {
        json_member_str(&w, STR("sealed"), str_base64(arena, sse->sealed));
        json_member_str(&w, STR("context"), sse->context);
        json_member_str(&w, STR("about"), sse->about);
        json_member_bool(&w, STR("bucketKey"), sse->bucket_key);
    }
    json_member_str(&w, STR("md5"), sse->md5);
    json_member_str(&w, STR("salt"), sse->salt);
    json_member_str(&w, STR("digest"), sse->digest);
    json_close_object(&w);
    return json_done(&w);
}

struct err sse_read(struct request *rq, struct str text, struct sse *out, bool *sealed)
{
    *out = (struct sse){ .kind = SSE_S3 };
    *sealed = text.ptr != NULL;
    if (!*sealed) {
        return ERR_OK;
    }
    const struct json *json = json_parse(rq->ctx.arena, text, NULL);
    const struct str kind = json_text(json_get(json, STR("kind")));
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        out->kind = str_equal(kind, str_of(KINDS[i])) ? (enum sse_kind)i : out->kind;
    }
    out->key_id = json_text(json_get(json, STR("key")));
    out->context = json_text(json_get(json, STR("context")));
    out->about = json_text(json_get(json, STR("about")));
    out->bucket_key = json_is_true(json_get(json, STR("bucketKey")));
    out->md5 = json_text(json_get(json, STR("md5")));
    out->salt = json_text(json_get(json, STR("salt")));
    out->digest = json_text(json_get(json, STR("digest")));
    const bool read = json && (out->kind != SSE_KMS || str_unbase64(rq->ctx.arena, json_text(json_get(json, STR("sealed"))), &out->sealed));
    return read ? ERR_OK : fail(&rq->ctx, &FAULT_INTERNAL, "how an object is sealed can't be read");
}

void sse_show(struct request *rq, const struct sse *sse, void *out)
{
    const struct shape *shape = rq->operation->output;
    const struct member *bucket_key = member_named(shape, "BucketKeyEnabled");
    if (sse->kind == SSE_CUSTOMER) {
        member_set_text(shape, out, "SSECustomerAlgorithm", STR("AES256"));
        member_set_text(shape, out, "SSECustomerKeyMD5", sse->md5);
        return;
    }
    member_set_text(shape, out, "ServerSideEncryption", str_of(KINDS[sse->kind]));
    if (sse->kind == SSE_KMS) {
        member_set_text(shape, out, "SSEKMSKeyId", sse->key_id);
    }
    if (sse->bucket_key && bucket_key) {
        *(struct opt_bool *)(void *)((char *)out + bucket_key->offset) = (struct opt_bool)SOME(true);
    }
}

/* --- bodies --- */

struct str sse_seal_bytes(struct arena *arena, const struct sse *sse, struct str plain)
{
    const size_t size = segments_file_size(plain.len);
    unsigned char *file = arena_alloc_raw(arena, size);
    memcpy(file, plain.ptr ? plain.ptr : "", plain.len);
    segments_seal(sse->key, file, plain.len);
    return (struct str){ (const char *)file, size };
}

struct str sse_unseal_bytes(struct arena *arena, const struct sse *sse, struct str sealed, int64_t plain_size)
{
    const uint64_t size = (uint64_t)plain_size;
    if (plain_size < 0 || size > SEGMENTS_PLAIN_MAX || sealed.len != segments_file_size(size)) {
        return STR_NONE;
    }
    unsigned char *out = arena_alloc_raw(arena, size + 1);
    struct segments *segments = segments_open(sse->key, (const unsigned char *)sealed.ptr, size);
    const bool opened = segments_read(segments, 0, size, out);
    segments_close(segments);
    return opened ? (struct str){ (const char *)out, size } : STR_NONE;
}
