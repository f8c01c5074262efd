/* suffixes.h - where a domain name's public suffix begins ("co.uk"), by the Public Suffix List that libpsl carries.
 *
 * Answers for names seen lately are remembered; not safe for threads. */
#ifndef YAGURA_DETECT_SUFFIXES_H
#define YAGURA_DETECT_SUFFIXES_H

#include "base/str.h"

enum { NAME_MAX_LENGTH = 255 }; /* spec: RFC 1035, 2.3.4 */

/* A name in lower case without its final dot, and its parts; these borrow from text. */
struct name_parts {
    char text[NAME_MAX_LENGTH + 1];
    struct str name;       /* all of it */
    struct str registered; /* "example.co.uk"; absent when the name is a suffix or a single label */
    struct str below;      /* "a.b" of a.b.example.co.uk; may be empty */
    struct str label;      /* "example" */
    struct str suffix;     /* "co.uk" */
    bool listed;           /* the suffix is on the list: the name is one of the public DNS */
};

struct suffixes;
struct suffixes *suffixes_open(void);
void suffixes_close(struct suffixes *suffixes); /* NULL is allowed */
/* False: the name is empty or too long. */
bool suffixes_split(struct suffixes *suffixes, struct str name, struct name_parts *out);

#endif
