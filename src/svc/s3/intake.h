/* intake.h - a body taken in: hashed, checked against what the client announced, and made durable, before any transaction.
 *
 * PutObject and UploadPart set it going from the service's `before`. Small bodies stay in memory and go into the row; larger
 * ones become a blob on a thread that may wait (struct before, svc/request.h). The handler finds it by intake_of. A call that
 * fails after all takes its blob with it. */
#ifndef YAGURA_SVC_S3_INTAKE_H
#define YAGURA_SVC_S3_INTAKE_H

#include "store/blob.h"
#include "svc/s3/checksum.h"
#include "svc/s3/rows.h"
#include "svc/s3/sse.h"

enum { INTAKE_INLINE_MAX = 16 * 1024 };

struct intake {
    int64_t size;
    struct str etag;          /* MD5, hex */
    struct checksum checksum; /* with its value */
    struct checksum also;     /* the other one, if it was wished for */
    struct str body;          /* small: its bytes; absent: blob */
    struct str blob;
    struct sse *sse;          /* how they are sealed; NULL: they aren't */
    /* What follows is the intake's own. */
    bool apart;
    struct checksum asked;
    struct str md5;           /* as announced: base64; absent: not */
};

/* What is computed of the bytes as they pass. */
struct intake_digest {
    struct hash md5;
    struct checksum_run sum, also;
    int64_t size;
};
struct intake_digest intake_digest_begin(const struct intake *intake); /* asked, also */
void intake_digest_add(struct intake_digest *run, struct str block);
void intake_digest_end(struct intake_digest *run, struct arena *arena, struct intake *out); /* size, ETag, checksum */

/* How a body is taken in. */
struct intake_wish {
    struct sse *sse;          /* sealed so, in the arena; NULL: as it is */
    bool apart;               /* a blob, however small */
    enum checksum_kind kind;  /* where the client names none; CHECKSUM_NONE: CRC64NVME */
    enum checksum_kind also;  /* another one beside the client's: into `also` of the intake */
};
/* Takes the body that comes with the call: its members ContentMD5 and Checksum... say what it must be. */
struct err intake_begin(struct request *rq, const void *in, const struct intake_wish *wish);
const struct intake *intake_of(const struct request *rq);
void intake_undo(void *self, struct request *rq); /* of struct before: removes the blob again */
void intake_veil(struct request *rq, struct intake *intake); /* hides the digest from the ETag where S3 does */
/* Where the bytes, digested already, go: sealed into the intake or a blob. fd: the nameless file that they are a view of, or -1. */
struct err intake_store(struct request *rq, struct intake *intake, struct str bytes, int fd);
/* In the transaction of the row that will hold it: notes its blob; *part is where the bytes lie (number 0). */
struct err intake_keep(struct request *rq, const struct intake *intake, struct object_part *part);

#endif
