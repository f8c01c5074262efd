/* body.h - resource and action of findings that don't rest on an API call of AWS: made from the event, by its source.
 *
 * body_name says what a finding is about, before it is named; body_fill makes the parts of the wire object, once somebody
 * wants them. Both fill in only what a detector has left open in its verdict. Sources without a body of their own (CloudTrail
 * and those whose detectors write everything) are left alone. Texts live in ev->arena.
 * spec: GuardDuty API reference, Finding: Resource, Service, Action. */
#ifndef YAGURA_DETECT_BODY_H
#define YAGURA_DETECT_BODY_H

#include "detect/occurrence.h"

void body_name(const struct event *ev, const struct detection *detection, struct verdict *verdict);
void body_fill(const struct event *ev, const struct finding *finding, struct verdict *verdict);

/* The cluster that a record of Kubernetes or of a runtime agent is of. */
struct str body_cluster(const struct event *ev);
/* A finding of this source has no action when nothing gives one: it isn't about a call. */
bool body_has_no_call(const struct event *ev);

#endif
