/* key_use.h - remembers for GetAccessKeyLastUsed when and where a lasting key was used. */
#ifndef YAGURA_APP_KEY_USE_H
#define YAGURA_APP_KEY_USE_H

#include "store/writer.h"

/* How old what is remembered may be: noting every call would make each read a write. */
enum { KEY_USE_FRESH_MS = 60000 };

/* Hands a note to the writer, without waiting for it to be stored. */
void key_use_note(struct store_writer *writer, struct str access_key, struct str service, struct str region,
                  int64_t now_ms);

#endif
