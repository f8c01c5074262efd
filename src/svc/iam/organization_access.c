/* organization_access.c - which services the service control policies leave to an organisation's root, unit or account, and
 * which account used each last. The report is made at once and kept in the job's row, a line for each service, with tabs
 * between the words:
 *
 *     NAMESPACE MS REGION PATH ACCOUNTS          MS 0: nobody did
 *
 * or, when it could not be made, "error CODE MESSAGE". spec: IAM API reference, GenerateOrganizationsAccessReport. */
#include "svc/iam/namespaces.h"
#include "svc/iam/organization.h"

enum { ACCOUNTS_MAX = 10000, DEPTH_MAX = 8 };

static const struct str KIND = STR_INIT("ORGANIZATION");
static const struct str ALLOW_ALL =
    STR_INIT("{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}");

/* An account below the entity, and where it stands. */
struct report_account {
    struct str id, path;
};

struct report {
    struct request *rq;
    struct str management;
    struct str policy; /* asked about one SCP only; absent: all that apply */
    struct report_account *members;
    size_t member_count;
};

static bool is_account(struct str id)
{
    return id.len == 12 && id.ptr[0] >= '0' && id.ptr[0] <= '9';
}

static void add_member(struct report *report, struct str id, struct str path)
{
    const size_t n = report->member_count;
    if (n < ACCOUNTS_MAX) {
        report->members = arena_grow(report->rq->ctx.arena, report->members, n * sizeof(struct report_account),
                                     (n + 1) * sizeof(struct report_account));
        report->members[n] = (struct report_account){ id, path };
        report->member_count++;
    }
}

/* The SCPs attached to one root, unit or account. */
static struct err policies_of(struct report *report, struct str target, struct organizations_policies *out)
{
    const struct organizations_list_policies_for_target_in in = { .target_id = target,
                                                                  .filter = STR("SERVICE_CONTROL_POLICY") };
    const void *answer = NULL;
    TRY(organization_call(report->rq, "ListPoliciesForTarget", &in, &answer));
    *out = ((const struct organizations_list_policies_for_target_out *)answer)->policies;
    return ERR_OK;
}

static struct err applies_at(struct report *report, struct str target, bool *applied)
{
    struct organizations_policies policies = { NULL, 0 };
    *applied = *applied || report->policy.ptr == NULL;
    if (*applied) {
        return ERR_OK;
    }
    TRY(policies_of(report, target, &policies));
    for (size_t i = 0; i < policies.count; i++) {
        *applied = *applied || str_equal(policies.items[i].id, report->policy);
    }
    return ERR_OK;
}

static struct err walk_accounts(struct report *report, struct str parent, struct str path, bool applied)
{
    struct organizations_list_accounts_for_parent_in in = { .parent_id = parent };
    do {
        const void *answer = NULL;
        TRY(organization_call(report->rq, "ListAccountsForParent", &in, &answer));
        const struct organizations_list_accounts_for_parent_out *found = answer;
        for (size_t i = 0; i < found->accounts.count; i++) {
            const struct str id = found->accounts.items[i].id;
            bool mine = applied;
            TRY(applies_at(report, id, &mine));
            if (mine && !str_equal(id, report->management)) {
                add_member(report, id, str_format(report->rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(path), STR_ARG(id)));
            }
        }
        in.next_token = found->next_token;
    } while (in.next_token.ptr);
    return ERR_OK;
}

/* A unit waiting to be looked into. */
struct visit {
    struct str id, path;
    bool applied;
};

struct visits {
    struct visit *items;
    size_t count;
};

static struct err walk_units(struct report *report, const struct visit *visit, struct visits *visits)
{
    struct organizations_list_organizational_units_for_parent_in in = { .parent_id = visit->id };
    do {
        const void *answer = NULL;
        TRY(organization_call(report->rq, "ListOrganizationalUnitsForParent", &in, &answer));
        const struct organizations_list_organizational_units_for_parent_out *found = answer;
        const size_t more = found->organizational_units.count;
        visits->items = arena_grow(report->rq->ctx.arena, visits->items, visits->count * sizeof(struct visit),
                                   (visits->count + more + 1) * sizeof(struct visit));
        for (size_t i = 0; i < more; i++) {
            const struct str id = found->organizational_units.items[i].id;
            struct visit next = { id, STR_NONE, visit->applied };
            TRY(applies_at(report, id, &next.applied));
            next.path = str_format(report->rq->ctx.arena, "%" STR_FMT "/%" STR_FMT, STR_ARG(visit->path), STR_ARG(id));
            visits->items[visits->count++] = next;
        }
        in.next_token = found->next_token;
    } while (in.next_token.ptr);
    return ERR_OK;
}

static struct err walk(struct report *report, struct str entity, struct str path, bool applied)
{
    struct visits visits = { ARENA_NEW(report->rq->ctx.arena, struct visit), 1 };
    visits.items[0] = (struct visit){ entity, path, applied };
    for (size_t i = 0; i < visits.count; i++) {
        const struct visit visit = visits.items[i];
        TRY(walk_accounts(report, visit.id, visit.path, visit.applied));
        TRY(walk_units(report, &visit, &visits));
    }
    return ERR_OK;
}

static struct err document_of(struct report *report, struct str policy, struct str *out)
{
    const struct organizations_describe_policy_in in = { policy };
    const void *answer = NULL;
    TRY(organization_call(report->rq, "DescribePolicy", &in, &answer));
    *out = ((const struct organizations_describe_policy_out *)answer)->policy->content;
    return ERR_OK;
}

/* Every level must allow: what one leaves out is out. */
static struct err narrow(struct report *report, struct str target, struct namespaces *services)
{
    struct arena *arena = report->rq->ctx.arena;
    struct organizations_policies policies = { NULL, 0 };
    struct namespaces left = { NULL, 0 };
    TRY(policies_of(report, target, &policies));
    struct str *documents = ARENA_ARRAY(arena, struct str, policies.count + 1);
    for (size_t i = 0; i < policies.count; i++) {
        TRY(document_of(report, policies.items[i].id, &documents[i]));
    }
    for (size_t s = 0; s < services->count; s++) {
        for (size_t i = 0; i < policies.count; i++) {
            if (namespace_granted(arena, documents[i], services->items[s])) {
                namespaces_add(arena, &left, services->items[s]);
            }
        }
    }
    *services = left;
    return ERR_OK;
}

/* The parts of "o-.../r-.../ou-.../123456789012" after the organisation. */
struct levels {
    struct str items[DEPTH_MAX];
    size_t count;
};

static bool read_path(struct str path, struct str organization, struct levels *out)
{
    struct str rest = path;
    const struct str first = str_cut(rest, '/', &rest);
    *out = (struct levels){ .count = 0 };
    while (rest.len > 0 && out->count < DEPTH_MAX) {
        const struct str part = str_cut(rest, '/', &rest);
        if (part.len > 0) {
            out->items[out->count++] = part;
        }
    }
    return str_equal(first, organization) && out->count > 0 && rest.len == 0;
}

static struct err services_of(struct report *report, const struct levels *levels, struct namespaces *out)
{
    struct arena *arena = report->rq->ctx.arena;
    struct str document = ALLOW_ALL;
    const bool management = str_equal(levels->items[levels->count - 1], report->management);
    if (report->policy.ptr && !management) {
        TRY(document_of(report, report->policy, &document));
    }
    namespaces_add_granted(arena, out, document);
    for (size_t i = 0; i < levels->count && report->policy.ptr == NULL && !management; i++) {
        TRY(narrow(report, levels->items[i], out));
    }
    return ERR_OK;
}

static struct err members_of(struct report *report, const struct levels *levels, struct str path)
{
    const struct str last = levels->items[levels->count - 1];
    bool applied = str_equal(last, report->management);
    for (size_t i = 0; i < levels->count; i++) {
        TRY(applies_at(report, levels->items[i], &applied));
    }
    if (!is_account(last)) {
        return walk(report, last, path, applied);
    }
    if (applied) {
        add_member(report, last, path);
    }
    return ERR_OK;
}

static struct err write_report(struct report *report, const struct namespaces *services, struct str *out)
{
    struct request *rq = report->rq;
    struct text text = text_new(rq->ctx.arena);
    struct uses *uses = ARENA_ARRAY(rq->ctx.arena, struct uses, report->member_count + 1);
    for (size_t i = 0; i < report->member_count; i++) {
        const struct rows rows = { &rq->ctx, rq->db, report->members[i].id };
        TRY(rows_uses_of_account(&rows, &uses[i]));
    }
    for (size_t s = 0; s < services->count; s++) {
        const struct use *last = NULL;
        struct str path = STR("");
        size_t accounts = 0;
        for (size_t i = 0; i < report->member_count; i++) {
            const struct use *use = uses_newest(&uses[i], services->items[s], STR_NONE);
            accounts += use != NULL;
            path = use && (last == NULL || use->used_ms > last->used_ms) ? report->members[i].path : path;
            last = use && (last == NULL || use->used_ms > last->used_ms) ? use : last;
        }
        text_add_format(&text, "%" STR_FMT "\t%lld\t%" STR_FMT "\t%" STR_FMT "\t%zu\n", STR_ARG(services->items[s]),
                        (long long)(last ? last->used_ms : 0), STR_ARG(last ? last->region : STR("")), STR_ARG(path), accounts);
    }
    *out = text_str(&text);
    return ERR_OK;
}

static struct err make(struct request *rq, struct str path, struct str policy, struct str *body)
{
    const struct organizations_organization *organization = NULL;
    struct levels levels = { .count = 0 };
    struct namespaces services = { NULL, 0 };
    TRY(organization_get(rq, &organization));
    struct report report = { .rq = rq, .management = organization->master_account_id, .policy = policy };
    if (!str_equal(report.management, rq->account)) {
        return fail(&rq->ctx, &IAM_CALLER_IS_NOT_MANAGEMENT_ACCOUNT_EXCEPTION,
                    "Only the management account of the organization may ask for this report.");
    }
    if (!read_path(path, organization->id, &levels)) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "The entity path %" STR_FMT
                    " leads nowhere in this organization.", STR_ARG(path));
    }
    TRY(services_of(&report, &levels, &services));
    TRY(members_of(&report, &levels, path));
    return write_report(&report, &services, body);
}

/* spec: a report that can't be made is a job that failed, not a call that does. */
struct err iam_generate_organizations_access_report(struct request *rq,
                                                    const struct iam_generate_organizations_access_report_in *in,
                                                    struct iam_generate_organizations_access_report_out *out)
{
    struct str body = STR_NONE;
    const struct err err = make(rq, in->entity_path, in->organizations_policy_id, &body);
    if (err.fault && err.fault->http >= 500) {
        return err;
    }
    if (err.fault) {
        body = str_format(rq->ctx.arena, "error\t%s\t%s", err.fault->code, rq->ctx.reason);
    }
    return job_insert(rq, in->entity_path, KIND, body, &out->job_id);
}

static struct iam_access_details read_details(struct arena *arena, struct str body)
{
    struct iam_access_details out = { ARENA_NEW(arena, struct iam_access_detail), 0 };
    struct str rest = body;
    while (rest.len > 0) {
        struct str words = str_cut(rest, '\n', &rest);
        int64_t ms = 0;
        int64_t accounts = 0;
        const struct str name = str_cut(words, '\t', &words);
        str_to_int(str_cut(words, '\t', &words), &ms);
        const struct str region = str_cut(words, '\t', &words);
        const struct str path = str_cut(words, '\t', &words);
        str_to_int(words, &accounts);
        out.items = arena_grow(arena, out.items, out.count * sizeof(*out.items), (out.count + 1) * sizeof(*out.items));
        out.items[out.count++] = (struct iam_access_detail){
            .service_name = namespace_title(name),
            .service_namespace = name,
            .region = ms > 0 ? region : STR_NONE,
            .entity_path = ms > 0 ? path : STR_NONE,
            .last_authenticated_time = { ms > 0, ms / 1000 * 1000 },
            .total_authenticated_entities = SOME((int32_t)accounts),
        };
    }
    return out;
}

/* A stable sort: services at the same time stay in the order of their names. */
static void sort_details(struct iam_access_details *details, struct str key)
{
    const bool by_time = str_starts(key, STR("LAST_AUTHENTICATED_TIME"));
    const int sign = str_ends(key, STR("_DESCENDING")) ? -1 : 1;
    for (size_t i = 1; i < details->count; i++) {
        const struct iam_access_detail one = details->items[i];
        size_t at = i;
        for (; at > 0; at--) {
            const struct iam_access_detail *before = &details->items[at - 1];
            const int64_t times = before->last_authenticated_time.v - one.last_authenticated_time.v;
            const int order = by_time ? (times > 0) - (times < 0) : str_compare(before->service_namespace, one.service_namespace);
            if (order * sign <= 0) {
                break;
            }
            details->items[at] = *before;
        }
        details->items[at] = one;
    }
}

static const struct iam_error_details *read_error(struct arena *arena, struct str body)
{
    struct str rest = body;
    struct iam_error_details *out = ARENA_NEW(arena, struct iam_error_details);
    str_cut(rest, '\t', &rest);
    out->code = str_cut(rest, '\t', &rest);
    out->message = rest;
    return out;
}

struct err iam_get_organizations_access_report(struct request *rq, const struct iam_get_organizations_access_report_in *in,
                                               struct iam_get_organizations_access_report_out *out)
{
    struct item job = { .kind = ITEM_JOB };
    struct slice slice = { .start = 0 };
    TRY(job_get(rq, in->job_id, KIND, &job));
    out->job_creation_date = (struct opt_time)SOME(job.created_ms);
    out->job_completion_date = (struct opt_time)SOME(job.created_ms);
    out->job_status = str_starts(job.body, STR("error\t")) ? STR("FAILED") : STR("COMPLETED");
    if (str_starts(job.body, STR("error\t"))) {
        out->error_details = read_error(rq->ctx.arena, job.body);
        return ERR_OK;
    }
    struct iam_access_details details = read_details(rq->ctx.arena, job.body);
    sort_details(&details, in->sort_key);
    int32_t idle = 0;
    for (size_t i = 0; i < details.count; i++) {
        idle += !details.items[i].last_authenticated_time.set;
    }
    TRY(slice_of(rq, in->marker, in->max_items, details.count, &slice));
    out->number_of_services_accessible = (struct opt_int)SOME((int32_t)details.count);
    out->number_of_services_not_accessed = (struct opt_int)SOME(idle);
    out->access_details = (struct iam_access_details){ details.items + slice.start, slice.count };
    out->marker = slice.marker;
    out->is_truncated = slice.truncated;
    return ERR_OK;
}
