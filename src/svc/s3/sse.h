/* sse.h - how bodies of objects are sealed at rest: with S3's own keys, with a key of KMS, or with one that the customer sends.
 *
 * Every body is sealed (crypto/segments.h). SSE-S3: under a key of the bucket, which lies sealed under the root key (s3_key) and
 * is made anew every 90 days. SSE-KMS: under a data key of its own, which KMS gives as the caller, with aws:s3:arn in the
 * encryption context; what KMS enciphered lies in the object's row. SSE-C: under the customer's key, of which only a salted
 * digest is kept. A choice is written as JSON into the row (sse_write). DSSE-KMS is refused: NotImplemented.
 *
 * spec: S3 user guide, "Protecting data with server-side encryption". */
#ifndef YAGURA_SVC_S3_SSE_H
#define YAGURA_SVC_S3_SSE_H

#include "crypto/segments.h"
#include "svc/s3/bucket.h"

enum sse_kind { SSE_S3, SSE_KMS, SSE_CUSTOMER };

struct sse {
    enum sse_kind kind;
    struct str key_id;       /* S3: of s3_key; KMS: the key's ARN, as it was asked for until there is a data key */
    struct str sealed;       /* S3: the bucket's new key, to be kept; KMS: the data key as KMS sealed it; else absent */
    struct str context;      /* KMS: JSON, as the caller gave it in base64; absent: none */
    struct str about;        /* KMS: aws:s3:arn */
    bool bucket_key;         /* KMS */
    bool pending;            /* KMS: S3's own key there isn't made yet: sse_settle */
    struct str md5;          /* customer: of the key, base64 */
    struct str salt, digest; /* customer: what tells the key again */
    unsigned char key[SEGMENTS_KEY_SIZE]; /* with sse_open and sse_choose */
};

/* For a write: what the request's headers say, else the bucket's default, else S3's own keys; and the key. Within a
 * transaction, for reading too. Needs the members ServerSideEncryption and so on in the operation's input. */
struct err sse_choose(struct request *rq, const void *in, const struct bucket_row *bucket, struct str name, struct sse *out);
/* Outside of any transaction: what sse_choose had to leave pending. */
struct err sse_settle(struct request *rq, struct sse *sse);
/* In the transaction that writes the row: keeps a key that was made for the bucket. */
struct err sse_keep(struct request *rq, struct str bucket, const struct sse *sse);
struct str sse_write(struct arena *arena, const struct sse *sse);

/* What a row says; without its key. text absent: bodies that aren't sealed, *sealed false. */
struct err sse_read(struct request *rq, struct str text, struct sse *out, bool *sealed);
/* The customer's key must come with the call for those sealed so, and with no other: HeadObject. copy: the headers of a copy's
 * source. */
struct err sse_check_customer(struct request *rq, const void *in, bool copy, struct sse *sse);
/* The same, and the key itself; KMS is asked as the caller. */
struct err sse_open(struct request *rq, const void *in, bool copy, struct sse *sse);

/* Into an output's ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled, SSECustomerAlgorithm, SSECustomerKeyMD5. */
void sse_show(struct request *rq, const struct sse *sse, void *out);

/* A body in memory: its sealed form, in the arena; and back. Absent: it was changed. */
struct str sse_seal_bytes(struct arena *arena, const struct sse *sse, struct str plain);
struct str sse_unseal_bytes(struct arena *arena, const struct sse *sse, struct str sealed, int64_t plain_size);
/* The file of which `plain` is a view from its start, sealed where it stands; it grows, and what is done is on its way to the disk
 * already. pass, unless NULL, sees every byte in order before it is sealed, on a thread of its own where there are many. *sealed
 * is a view of the file, for sse_unmap. */
struct sse_pass {
    void (*block)(void *self, struct str block);
    void *self;
};
struct err sse_seal_file(struct ctx *ctx, const struct sse *sse, int fd, struct str plain, const struct sse_pass *pass, struct str *sealed);
void sse_unmap(struct str sealed);

#endif
