/* access_use.h - remembers for IAM's reports (service last accessed, a role's last use) who called what, and when.
 *
 * The memory belongs to one thread. What a principal does again within ACCESS_USE_FRESH_MS isn't noted again; where two
 * fall into one place of the memory, both are noted more often than need be. */
#ifndef YAGURA_APP_ACCESS_USE_H
#define YAGURA_APP_ACCESS_USE_H

#include "store/writer.h"
#include "svc/request.h"

enum { ACCESS_USE_FRESH_MS = 60000 };

struct access_use;

struct access_use *access_use_open(void);
void access_use_close(struct access_use *memory); /* NULL is allowed */
/* The operation that rq->caller asks for, allowed or not; hands a note to the writer and doesn't wait. */
void access_use_note(struct access_use *memory, struct store_writer *writer, const struct request *rq);

#endif
