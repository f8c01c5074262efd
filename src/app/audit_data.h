/* audit_data.h - whether anybody wants data events: a trail that selects some, or a detector that reads them.
 *
 * They are recorded unless it is known that nobody does: a call that changes who does (struct service, changes_records) makes
 * them wanted before it is answered, and a look now and then finds out that nobody does any more. A server that shares its
 * store with others hears of their changes at its next look. */
#ifndef YAGURA_APP_AUDIT_DATA_H
#define YAGURA_APP_AUDIT_DATA_H

#include "store/store.h"

bool audit_data_wanted(void);
void audit_data_changed(void);
/* The look, within a read transaction. */
struct err audit_data_look(struct ctx *ctx, struct store_conn *db);

#endif
