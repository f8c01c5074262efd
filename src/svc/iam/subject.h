/* subject.h - whom a report on access is about: a user, group, role or managed policy, its policies and its people. */
#ifndef YAGURA_SVC_IAM_SUBJECT_H
#define YAGURA_SVC_IAM_SUBJECT_H

#include "svc/iam/item.h"

/* A policy that speaks for the subject. */
struct subject_policy {
    struct str name;     /* of an inline or managed policy */
    struct str arn;      /* absent: inline */
    struct entity owner; /* whose inline policy */
    struct str document;
};

struct subject {
    struct str arn;
    bool is_policy;
    struct entity entity; /* unless it is a policy */
    struct subject_policy *policies;
    size_t policy_count;
    struct entity *people; /* users and roles who could use it */
    size_t people_count;
};

/* NoSuchEntity for what isn't there, InvalidInput for what is no such ARN. With the policies of its groups, for a user. */
struct err subject_find(struct request *rq, struct str arn, struct subject *out);

#endif
