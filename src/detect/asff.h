/* asff.h - a finding in the AWS Security Finding Format, as BatchImportFindings takes it.
 *
 * The product is the account's own custom integration (product/ACCOUNT/default): the format's GuardDuty product is AWS's
 * alone. Types are those that AWS gives to the finding type (rules/asff_types.tsv); what its limits do not hold is cut.
 * spec: Security Hub user guide, ASFF; API reference, AwsSecurityFinding. */
#ifndef YAGURA_DETECT_ASFF_H
#define YAGURA_DETECT_ASFF_H

#include "base/json.h"
#include "detect/finding.h"

/* One object into w. region: of the Security Hub that gets it. tree: the finding's JSON, parsed. */
void asff_write(struct json_writer *w, const struct finding *finding, const struct json *tree, struct str region);

#endif
