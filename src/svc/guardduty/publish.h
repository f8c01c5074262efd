/* publish.h - when findings leave: new ones at once, repeats at the detector's frequency.
 *
 * They go to the outbox, once for the subscribers of events (topic "guardduty.finding", when guardduty_set_publish is on)
 * and once per destination of export (topic "guardduty.export/REGION/DESTINATION"), as the region's detector shows them.
 * What a filter archived leaves in no way; what a person archived is told to subscribers when it is repeated, but is not
 * exported. spec: GuardDuty user guide, Suppression rules; Exporting findings. */
#ifndef YAGURA_SVC_GUARDDUTY_PUBLISH_H
#define YAGURA_SVC_GUARDDUTY_PUBLISH_H

#include "svc/guardduty/finding.h"

/* Just stored: a new finding, or one that was there before. */
struct err publish_finding(struct rows rows, const struct finding_row *row, bool repeat);
/* A person took it out of the archive: no filter hides it any more, and it goes out at the next interval. */
struct err publish_unarchived(struct rows rows, struct str id);

#endif
