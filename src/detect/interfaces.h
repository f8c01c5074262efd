/* interfaces.h - whose network interfaces are: instances, functions, nodes of EMR, or AWS's own (gateways, balancers).
 *
 * Flow records name only the interface. The user says whose it is with what EC2 itself answers:
 *
 *     aws ec2 describe-network-interfaces > interfaces.json
 *
 * A function's interfaces have the type "lambda" and the description "AWS Lambda VPC ENI-NAME-UUID"; nodes of EMR are in a
 * security group whose name begins with ElasticMapReduce. Immutable once loaded. */
#ifndef YAGURA_DETECT_INTERFACES_H
#define YAGURA_DETECT_INTERFACES_H

#include "base/err.h"

enum interface_kind { INTERFACE_INSTANCE, INTERFACE_FUNCTION, INTERFACE_EMR, INTERFACE_OTHER };

struct interface {
    struct str id;
    enum interface_kind kind;
    struct str instance, function;
    struct str vpc, subnet, private_ip, public_ip;
    struct str groups; /* JSON: [{"groupId":…,"groupName":…}] */
};

struct interfaces;
struct interfaces *interfaces_open(void);
void interfaces_close(struct interfaces *interfaces); /* NULL is allowed */
/* FAULT_IO: unreadable. FAULT_INVALID: no answer of DescribeNetworkInterfaces; the reason names the file. */
MUST_USE struct err interfaces_load(struct ctx *ctx, struct interfaces *interfaces, const char *path);
bool interfaces_load_text(struct interfaces *interfaces, struct str text);
const struct interface *interfaces_find(const struct interfaces *interfaces, struct str id); /* NULL: not known; so may interfaces be */

#endif
