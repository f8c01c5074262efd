/* opened.h - S3's own keys that were opened lately. A key never changes under its id, so none grows stale. They lie in locked
 * memory; few, the newer displacing the older. */
#ifndef YAGURA_SVC_S3_OPENED_H
#define YAGURA_SVC_S3_OPENED_H

#include "crypto/segments.h"

/* id: "BUCKET/ID", as struct sse has it. */
bool opened_get(struct str id, unsigned char key[SEGMENTS_KEY_SIZE]);
void opened_put(struct str id, const unsigned char key[SEGMENTS_KEY_SIZE]);

#endif
