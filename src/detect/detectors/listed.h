/* listed.h - for detectors that ask whether a thing stands on a list: fills the verdict with the list, its word and why. */
#ifndef YAGURA_DETECT_DETECTORS_LISTED_H
#define YAGURA_DETECT_DETECTORS_LISTED_H

#include "detect/detector.h"

/* lists: set of enum intel_list. False, and nothing is filled in, when the thing is on none of them. */
bool listed_address(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict); /* FIELD_IP */
bool listed_name(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict);    /* FIELD_QUERY */
bool listed_hash(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict);    /* FIELD_HASH */
bool listed_key(const struct event *ev, const struct intel *intel, unsigned lists, struct verdict *verdict);     /* FIELD_ACCESS_KEY */
/* The verdict's type, with its usual severity. */
void listed_type(struct verdict *verdict, const char *type);

#endif
