/* page.h - Limit and Marker: a marker is what the last row was ordered by, sealed together with the operation and its place. */
#ifndef YAGURA_SVC_KMS_PAGE_H
#define YAGURA_SVC_KMS_PAGE_H

#include "svc/kms/rows.h"

/* about: what must be the same on the next page (the key). InvalidMarkerException for any other marker. */
struct err kms_page_begin(struct request *rq, struct str about, struct opt_int limit, int32_t usual, struct str marker,
                      struct page *out);
/* Cuts *count to the page; the marker is absent on the last page. last: what the row at `limit - 1` is ordered by. */
struct str kms_page_marker(struct request *rq, struct str about, struct str last);

#endif
