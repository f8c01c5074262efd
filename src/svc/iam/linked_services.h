/* linked_services.h - services that have a role of their own in an account: the role's name and the managed policy it gets. */
#ifndef YAGURA_SVC_IAM_LINKED_SERVICES_H
#define YAGURA_SVC_IAM_LINKED_SERVICES_H

#include "svc/iam/entity.h"

struct linked_service {
    const char *principal;
    const char *role;
    const char *policy; /* arn:aws:iam::aws:policy/aws-service-role/POLICY */
    bool suffix;        /* takes several roles, told apart by a suffix */
};

const struct linked_service *linked_service_find(struct str principal); /* NULL: none such */
/* Its role as it is made; suffix absent: the only one. */
struct entity linked_service_role(struct request *rq, const struct linked_service *service, struct str suffix);

#endif
