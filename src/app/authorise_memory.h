/* authorise_memory.h - what a thread remembers for authorisation: compiled policies of resources, by their text, and what
 * organisations say of accounts; only authorise.c includes it.
 *
 * What is handed out stays until the next authorise_memory_trim. */
#ifndef YAGURA_APP_AUTHORISE_MEMORY_H
#define YAGURA_APP_AUTHORISE_MEMORY_H

#include "app/authorise.h"
#include "svc/organization_policies.h"

/* An account's place in its organisation, compiled. */
struct organization {
    struct arena *arena;
    struct organization_facts facts;
    struct policy_layer service_control[ORGANIZATION_LEVELS_MAX];
    struct policy_layer resource_control[ORGANIZATION_LEVELS_MAX];
    size_t service_control_count, resource_control_count;
    uint64_t generation;
    int64_t loaded_ms;
};

/* Gives up what is too much. */
void authorise_memory_trim(struct authorise_memory *memory);
/* A document that can't be read any more counts as denying all. */
const struct policy *authorise_compiled(struct authorise_memory *memory, struct str document, bool trust);
/* Within a transaction on rq->db. *out is NULL when account is absent, or nobody keeps organisations. */
struct err authorise_organization(struct authorise_memory *memory, struct request *rq, struct str account,
                                  const struct organization **out);

#endif
