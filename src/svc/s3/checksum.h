/* checksum.h - the checksums of objects and parts: what a client says, what is computed, what is shown.
 * spec: S3 user guide, "Checking object integrity in Amazon S3". */
#ifndef YAGURA_SVC_S3_CHECKSUM_H
#define YAGURA_SVC_S3_CHECKSUM_H

#include "crypto/hash.h"
#include "svc/s3/faults.h"

enum checksum_kind {
    CHECKSUM_NONE, CHECKSUM_CRC32, CHECKSUM_CRC32C, CHECKSUM_CRC64NVME, CHECKSUM_SHA1, CHECKSUM_SHA256, CHECKSUM_SHA512, CHECKSUM_MD5,
    CHECKSUM_KINDS
};

struct checksum {
    enum checksum_kind kind;
    bool composite;   /* COMPOSITE: a checksum of the parts' checksums; else FULL_OBJECT */
    struct str value; /* base64, a composite one with "-N"; absent: not computed yet */
};

const char *checksum_name(enum checksum_kind kind); /* "CRC64NVME" */
const char *checksum_member(enum checksum_kind kind); /* "ChecksumCRC64NVME" */
bool checksum_is_crc(enum checksum_kind kind);      /* only those can be of a whole made of parts */
enum checksum_kind checksum_named(struct str name); /* CHECKSUM_NONE: no such */
size_t checksum_size(enum checksum_kind kind);      /* of its bytes */

/* One under way. */
struct checksum_run {
    enum checksum_kind kind;
    uint64_t crc;
    struct hash hash;
};
struct checksum_run checksum_begin(enum checksum_kind kind);
void checksum_add(struct checksum_run *run, struct str bytes);
struct str checksum_end(struct checksum_run *run, struct arena *arena); /* base64 */

/* Which one the request wants, and the value it announces (in a header; absent: in the trailer, or nowhere). Where it says
 * nothing: `usual`, or CRC64NVME for none. InvalidRequest for several, or a value that can't be one. */
struct err checksum_asked(struct request *rq, const void *in, enum checksum_kind usual, struct checksum *out);
/* The same, CHECKSUM_NONE where it says nothing. */
struct err checksum_said(struct request *rq, const void *in, struct checksum *out);
/* The value that came behind the body, where it wasn't announced before. */
struct err checksum_trailing(struct request *rq, struct checksum *asked);
/* Into an output's member: ChecksumCRC32, ... and ChecksumType. */
void checksum_show(struct request *rq, const struct checksum *checksum, void *out);
void checksum_show_in(const struct shape *shape, const struct checksum *checksum, void *value); /* CopyObjectResult, ObjectPart, ... */

struct str checksum_write(struct arena *arena, const struct checksum *checksum); /* as JSON, for a row */
struct checksum checksum_read(struct arena *arena, struct str json);

#endif
