/* digest.h - reading digests, anybody's: what one says, and what its key says.
 *
 * spec: CloudTrail user guide, "CloudTrail digest file structure". All of it is hostile until its signature has been checked. */
#ifndef YAGURA_SVC_CLOUDTRAIL_DIGEST_H
#define YAGURA_SVC_CLOUDTRAIL_DIGEST_H

#include "base/str.h"

struct digest_log {
    struct str bucket, object, hash;
};

struct digest_doc {
    struct str account, bucket, object, fingerprint;
    struct str end_text;                       /* as it is signed */
    int64_t start_ms, end_ms;
    struct str previous_object, previous_hash, previous_signature; /* absent: the chain begins here */
    struct digest_log *logs;
    size_t log_count;
};

/* NULL: fine; else what is wrong. Text borrows from json or the arena. */
const char *digest_read(struct arena *arena, struct str json, struct digest_doc *out);
/* What is signed: hash is the hex SHA-256 of the digest's uncompressed bytes. */
struct str digest_message(struct arena *arena, const struct digest_doc *doc, struct str hash);

/* ...ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz */
struct digest_name {
    struct str chain; /* all but the time: digests of one chain share it */
    struct str region;
    int64_t end_ms;
    bool backfill;
};
bool digest_name_read(struct str key, struct digest_name *out);

#endif
