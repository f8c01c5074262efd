/* plain.h - values of a shape as plain JSON under the model's own member names, independent of every codec: timestamps
 * are milliseconds, blobs base64, documents strings, doubles that are no numbers the strings NaN, Infinity, -Infinity. */
#ifndef YAGURA_TESTS_PLAIN_H
#define YAGURA_TESTS_PLAIN_H

#include "base/json.h"
#include "wire/value.h"

void plain_write(struct json_writer *w, const struct view *view);
struct err plain_read(struct decoder *d, const struct slot *slot, const struct json *j);

#endif
