/* upload.h - multipart uploads: begun, their parts, made whole or given up.
 *
 * A part's bytes are a blob from the start, sealed as the upload says; making the object whole only moves rows. */
#ifndef YAGURA_SVC_S3_UPLOAD_H
#define YAGURA_SVC_S3_UPLOAD_H

#include "svc/s3/checksum.h"
#include "svc/s3/object.h"
#include "svc/s3/rows_upload.h"
#include "svc/s3/sse.h"

enum { UPLOAD_PART_MIN = 5 * 1024 * 1024, UPLOAD_PARTS_MAX = 10000 };

/* NoSuchUpload; and its bucket. */
struct err upload_need(struct request *rq, struct str bucket, struct str owner, struct str key, struct str id, struct bucket_row *bucket_out,
                       struct upload_row *out);
struct err upload_missing(struct request *rq, struct str id);
/* Which checksum its parts have: that of the upload, or CRC64NVME. */
enum checksum_kind upload_sum(const struct checksum *checksum);
const char *upload_sum_lower(struct request *rq, enum checksum_kind kind); /* "crc32" */
const struct s3_initiator *upload_initiator(struct request *rq, const struct upload_row *row);

struct err upload_before_part(struct request *rq, const struct s3_upload_part_in *in);
struct err upload_before_part_copy(struct request *rq, const struct s3_upload_part_copy_in *in);

#endif
