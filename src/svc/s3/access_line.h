/* access_line.h - one line of a server access log.
 *
 * spec: S3 user guide, "Amazon S3 server access log format". What a client sends is escaped so that it can neither end a field
 * nor a line. Whether an ACL was needed is only known to AWS's own service: the last field is "-". */
#ifndef YAGURA_SVC_S3_ACCESS_LINE_H
#define YAGURA_SVC_S3_ACCESS_LINE_H

#include "base/str.h"

/* Absent text and negative numbers are written "-". */
struct access_line {
    struct str bucket_owner, bucket; /* the owner's canonical id */
    int64_t time_ms;
    struct str remote_ip;
    struct str requester;     /* canonical id or ARN; absent: unauthenticated */
    struct str request_id;
    struct str operation;     /* REST.PUT.OBJECT */
    struct str key;           /* as it is; written percent-encoded */
    struct str method, target; /* the request line; target as it came */
    int64_t status;
    struct str error;         /* code */
    int64_t bytes_sent, object_size, total_ms, turnaround_ms;
    struct str referer, user_agent;
    struct str version_id, host_id;
    struct str signature;     /* SigV4 */
    struct str cipher;
    struct str auth_type;     /* AuthHeader, QueryString */
    struct str host;
    struct str tls;           /* TLSv1.3 */
};

/* With its line feed. */
void access_line_write(struct text *out, const struct access_line *line);

#endif
