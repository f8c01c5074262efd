/* simulate.h - what the policy simulator's operations share: the policies, the caller and the context of a simulation.
 *
 * spec: IAM API reference, SimulateCustomPolicy, SimulatePrincipalPolicy, EvaluationResult; IAM user guide, "Testing IAM
 * policies with the IAM policy simulator". */
#ifndef YAGURA_SVC_IAM_SIMULATE_H
#define YAGURA_SVC_IAM_SIMULATE_H

#include "svc/iam/documents.h"
#include "svc/organization_policies.h"

enum { SIMULATE_LAYERS_MAX = 3 + ORGANIZATION_LEVELS_MAX };

/* Where a statement stands in its document, as the simulator counts: lines and columns from 1. */
struct statement_place {
    struct iam_position start, end;
};

struct simulated {
    struct str id;   /* "PolicyInputList.1", "AmazonS3ReadOnlyAccess", "user_ann_inline" */
    const struct statement_place *places; /* of its statements */
};

/* Policies of one kind, and where they come from. */
struct simulated_set {
    const struct policy **policies;
    struct simulated *sources;
    size_t count;
};

/* A context key and its values. */
struct simulated_key {
    struct str key;
    struct str *items;
    size_t count;
};

struct simulation {
    struct request *rq;
    struct simulated_set identity, boundary, resource;
    struct policy_layer layers[SIMULATE_LAYERS_MAX];
    size_t layer_count;
    struct policy_caller caller;        /* empty: none was named */
    struct str resource_owner;          /* account */
    struct simulated_key *keys;         /* given, then those of the caller that weren't */
    size_t key_count;
    bool organization;                  /* SCPs take part */
    struct iam_context_key_names_result_list_type missing;
    struct str handling;                /* ResourceHandlingOption */
};

/* What both operations take. */
struct simulate_input {
    struct iam_simulation_policy_list_type policies, boundary;
    struct iam_action_name_list_type actions;
    struct iam_resource_name_list_type resources;
    struct str resource_policy, resource_owner, caller_arn, handling, marker;
    struct iam_context_entry_list_type context;
    struct opt_int max_items;
};

struct err simulate_policies(struct simulation *simulation, struct iam_simulation_policy_list_type list, const char *name,
                             struct simulated_set *set);
/* Of a user, group or role, but for those excluded; its boundary too, and the organisation's policies of its account. */
struct err simulate_principal(struct simulation *simulation, struct str arn, struct iam_policy_exclusions_list_type excluded);
struct err simulate_organization(struct simulation *simulation, struct iam_organization_policy_list_type levels);
/* Checks the input, and puts layers, caller and context together once all policies are there. */
struct err simulate_prepare(struct simulation *simulation, const struct simulate_input *input);

bool simulate_lookup(void *argument, struct str key, struct policy_values *values); /* a policy_lookup over a simulation */
/* The keys of a set's policies, each once. */
void simulate_keys(struct request *rq, const struct simulated_set *set, struct iam_context_key_names_result_list_type *keys);

/* One page of results. */
struct err simulate_run(struct simulation *simulation, const struct simulate_input *input,
                        struct iam_evaluation_results_list_type *results, struct opt_bool *truncated, struct str *marker);

/* Those of a document's statements, in order; untouched where a name is written with escapes. */
void statement_places(struct str document, struct statement_place *places, size_t count);
struct str action_form(struct str action); /* the form of the ARN that it is about, or "*" */

#endif
