/* flow.h - VPC flow log lines: which column holds what, and the fast way through a line. */
#ifndef YAGURA_INGEST_FLOW_H
#define YAGURA_INGEST_FLOW_H

#include "ingest/event.h"

enum { FLOW_COLUMNS_MAX = 64 };

/* The order of the columns: from a header line, or of a known order that a line without one fits. */
struct flow_layout {
    uint8_t columns[FLOW_COLUMNS_MAX]; /* places in the table of flow.c */
    size_t count;                      /* 0: not known */
    char separator;
    bool from_header;
    bool begins_with_version_2; /* with its 14 columns, in their order */
};

#define FLOW_LAST_SECOND UINT64_C(99999999999) /* in the year 5138 */

/* The usual line of the 14 columns of version 2, fast; NULL when something about it is unusual or wrong.
 * *ascii: the whole line is known to be. */
const char *flow_version_2(const char *line, const char *end, struct event *ev, bool *ascii);
/* False: no header line. */
bool flow_header(struct flow_layout *layout, struct str line);
/* Whether a line fits one of the orders known without a header; layout is then set to it. */
bool flow_guess(struct flow_layout *layout, struct str line);
/* Fills fields, flow and at_ms of the event. False: the line does not fit the layout. *ascii as above. */
bool flow_line(const struct flow_layout *layout, struct str line, struct event *ev, bool *ascii);

#endif
