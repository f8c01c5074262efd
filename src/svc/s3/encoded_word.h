/* encoded_word.h - texts beyond ASCII in headers of ASCII: the user's metadata.
 *
 * spec: RFC 2047; S3 user guide, "Working with object metadata": S3 decodes metadata that is encoded so, and encodes what it gives back. */
#ifndef YAGURA_SVC_S3_ENCODED_WORD_H
#define YAGURA_SVC_S3_ENCODED_WORD_H

#include "base/str.h"

/* Its encoded words decoded; words of other character sets or malformed ones stay as they are. UTF-8, whatever the words hold. */
struct str encoded_words_read(struct arena *arena, struct str header);
/* `text` (UTF-8) itself where it is printable ASCII. */
struct str encoded_words_write(struct arena *arena, struct str text);

#endif
