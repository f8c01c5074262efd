/* last_accessed.c - which services a user, group, role or policy could use, and who last did, from the record of calls
 * (iam_access). A report is made at once, in the job's row, and kept for a day:
 *
 *     service NAMESPACE            then, for it:
 *     entity ID ARN NAME KIND PATH MS REGION      everyone who could; MS 0: never
 *     action NAME MS ARN REGION                   at ACTION_LEVEL
 *
 * with tabs between the words. */
#include "crypto/random.h"
#include "svc/iam/namespaces.h"
#include "svc/iam/subject.h"

#define KEPT_MS INT64_C(86400000)

enum { PAGE_DEFAULT = 100 };

static void write_entities(struct request *rq, struct text *text, const struct subject *subject,
                           const struct uses *uses, struct str service)
{
    for (size_t i = 0; i < subject->people_count; i++) {
        const struct entity *entity = &subject->people[i];
        const struct use *use = uses_newest(&uses[i], service, STR_NONE);
        const struct str arn = entity_arn(rq, entity);
        text_add_format(text, "entity\t%" STR_FMT "\t%" STR_FMT "\t%" STR_FMT "\t%" STR_FMT "\t%" STR_FMT "\t%lld\t%" STR_FMT
                        "\n", STR_ARG(entity->id), STR_ARG(arn), STR_ARG(entity->name), STR_ARG(rows_kind(entity->kind)),
                        STR_ARG(entity->path), (long long)(use ? use->used_ms : 0), STR_ARG(use ? use->region : STR("")));
    }
}

static void write_actions(struct request *rq, struct text *text, const struct subject *subject,
                          const struct uses *uses, struct str service)
{
    struct namespaces names = { NULL, 0 };
    for (size_t i = 0; i < subject->people_count; i++) {
        for (size_t j = 0; j < uses[i].count; j++) {
            if (str_equal(uses[i].items[j].service, service)) {
                namespaces_add(rq->ctx.arena, &names, uses[i].items[j].operation);
            }
        }
    }
    for (size_t n = 0; n < names.count; n++) {
        const struct use *last = NULL;
        const struct entity *by = NULL;
        for (size_t i = 0; i < subject->people_count; i++) {
            const struct use *use = uses_newest(&uses[i], service, names.items[n]);
            if (use && (last == NULL || use->used_ms > last->used_ms)) {
                last = use;
                by = &subject->people[i];
            }
        }
        if (last) {
            const struct str arn = entity_arn(rq, by);
            text_add_format(text, "action\t%" STR_FMT "\t%lld\t%" STR_FMT "\t%" STR_FMT "\n", STR_ARG(names.items[n]),
                            (long long)last->used_ms, STR_ARG(arn), STR_ARG(last->region));
        }
    }
}

static struct err write_report(struct request *rq, const struct subject *subject, bool actions, struct str *out)
{
    const struct rows rows = rows_of(rq);
    struct text text = text_new(rq->ctx.arena);
    struct namespaces services = { NULL, 0 };
    struct uses *uses = ARENA_ARRAY(rq->ctx.arena, struct uses, subject->people_count + 1);
    for (size_t i = 0; i < subject->people_count; i++) {
        TRY(rows_uses(&rows, subject->people[i].id, &uses[i]));
    }
    for (size_t i = 0; i < subject->policy_count; i++) {
        namespaces_add_granted(rq->ctx.arena, &services, subject->policies[i].document);
    }
    for (size_t i = 0; i < services.count; i++) {
        text_add_format(&text, "service\t%" STR_FMT "\n", STR_ARG(services.items[i]));
        write_entities(rq, &text, subject, uses, services.items[i]);
        if (actions) {
            write_actions(rq, &text, subject, uses, services.items[i]);
        }
    }
    *out = text_str(&text);
    return ERR_OK;
}

struct err job_insert(struct request *rq, struct str subject, struct str kind, struct str body, struct str *id)
{
    const struct rows rows = rows_of(rq);
    *id = random_uuid(&rq->ctx);
    const struct item job = {
        .kind = ITEM_JOB,
        .key = *id,
        .name = subject,
        .owner = str_cut(rq->caller.id, ':', &(struct str){ NULL, 0 }),
        .status = kind,
        .created_ms = item_now(rq),
        .body = body,
    };
    TRY(rows_item_delete_before(&rows, ITEM_JOB, rq->ctx.now_ms - KEPT_MS));
    return rows_item_insert(&rows, &job);
}

struct err iam_generate_service_last_accessed_details(struct request *rq,
                                                      const struct iam_generate_service_last_accessed_details_in *in,
                                                      struct iam_generate_service_last_accessed_details_out *out)
{
    struct subject subject = { .arn = STR_NONE };
    struct str body = STR_NONE;
    const bool actions = str_equal(in->granularity, STR("ACTION_LEVEL"));
    TRY(subject_find(rq, in->arn, &subject));
    TRY(write_report(rq, &subject, actions, &body));
    return job_insert(rq, in->arn, actions ? STR("ACTION_LEVEL") : STR("SERVICE_LEVEL"), body, &out->job_id);
}

/* spec: IAM API reference: only who asked for the report may read it. */
struct err job_get(struct request *rq, struct str id, struct str kind, struct item *out)
{
    TRY(item_get_of(rq, ITEM_JOB, id, str_cut(rq->caller.id, ':', &(struct str){ NULL, 0 }), out));
    return str_ends(out->status, kind)
               ? ERR_OK
               : fail(&rq->ctx, &IAM_NO_SUCH_ENTITY_EXCEPTION, "Unable to find JobId: %" STR_FMT, STR_ARG(id));
}

/* One line of a report as its words. */
struct line {
    struct str words[8];
    size_t count;
};

static bool next_line(struct str *rest, struct line *line)
{
    if (rest->len == 0) {
        return false;
    }
    struct str words = str_cut(*rest, '\n', rest);
    *line = (struct line){ .count = 0 };
    while (line->count < COUNT_OF(line->words) && words.ptr) {
        line->words[line->count++] = str_cut(words, '\t', &words);
    }
    return true;
}

static struct opt_time time_of(struct str text)
{
    int64_t ms = 0;
    return (struct opt_time){ str_to_int(text, &ms) && ms > 0, ms / 1000 * 1000 };
}

static void take_entity(struct iam_service_last_accessed *service, const struct line *line)
{
    const struct opt_time at = time_of(line->words[6]);
    if (!at.set) {
        return;
    }
    service->total_authenticated_entities = (struct opt_int)SOME(service->total_authenticated_entities.v + 1);
    if (at.v >= service->last_authenticated.v) {
        service->last_authenticated = at;
        service->last_authenticated_entity = line->words[2];
        service->last_authenticated_region = line->words[7];
    }
}

static void take_action(struct arena *arena, struct iam_service_last_accessed *service, const struct line *line)
{
    struct iam_tracked_actions_last_accessed *list = &service->tracked_actions_last_accessed;
    list->items = arena_grow(arena, list->items, list->count * sizeof(*list->items), (list->count + 1) * sizeof(*list->items));
    list->items[list->count++] = (struct iam_tracked_action_last_accessed){ line->words[1], line->words[3],
                                                                            time_of(line->words[2]), line->words[4] };
}

/* Every service of the report, in its order: by namespace. */
static size_t read_services(struct arena *arena, struct str body, struct iam_service_last_accessed **out)
{
    struct iam_service_last_accessed *items = NULL;
    struct str rest = body;
    struct line line = { .count = 0 };
    size_t count = 0;
    while (next_line(&rest, &line)) {
        if (str_equal(line.words[0], STR("service"))) {
            items = arena_grow(arena, items, count * sizeof(*items), (count + 1) * sizeof(*items));
            items[count++] = (struct iam_service_last_accessed){
                .service_name = namespace_title(line.words[1]),
                .service_namespace = line.words[1],
                .total_authenticated_entities = SOME(0),
            };
        } else if (count > 0 && str_equal(line.words[0], STR("entity"))) {
            take_entity(&items[count - 1], &line);
        } else if (count > 0 && str_equal(line.words[0], STR("action"))) {
            take_action(arena, &items[count - 1], &line);
        }
    }
    *out = items;
    return count;
}

/* Pages over a list at hand: the marker is the place to go on from. */
struct err slice_of(struct request *rq, struct str marker, struct opt_int max_items, size_t count, struct slice *out)
{
    struct page page = { .limit = 0 };
    int64_t start = 0;
    TRY(page_of(rq, marker, max_items, &page));
    if (page.after.len > 0 && (!str_to_int(page.after, &start) || start < 0 || (uint64_t)start > count)) {
        return fail(&rq->ctx, &IAM_VALIDATION_ERROR, "Invalid Marker.");
    }
    const size_t left = count - (size_t)start;
    const size_t taken = left < (size_t)page.limit ? left : (size_t)page.limit;
    *out = (struct slice){ (size_t)start, taken, STR_NONE, SOME(taken < left) };
    if (taken < left) {
        out->marker = str_base64(rq->ctx.arena, str_format(rq->ctx.arena, "%zu", (size_t)start + taken));
    }
    return ERR_OK;
}

struct err iam_get_service_last_accessed_details(struct request *rq,
                                                 const struct iam_get_service_last_accessed_details_in *in,
                                                 struct iam_get_service_last_accessed_details_out *out)
{
    struct item job = { .kind = ITEM_JOB };
    struct iam_service_last_accessed *items = NULL;
    struct slice slice = { .start = 0 };
    TRY(job_get(rq, in->job_id, STR("_LEVEL"), &job));
    const size_t count = read_services(rq->ctx.arena, job.body, &items);
    TRY(slice_of(rq, in->marker, in->max_items, count, &slice));
    out->job_status = STR("COMPLETED");
    out->job_type = job.status;
    out->job_creation_date = (struct opt_time)SOME(job.created_ms);
    out->job_completion_date = (struct opt_time)SOME(job.created_ms);
    out->services_last_accessed.items = items ? items + slice.start : ARENA_NEW(rq->ctx.arena, struct iam_service_last_accessed);
    out->services_last_accessed.count = slice.count;
    out->marker = slice.marker;
    out->is_truncated = slice.truncated;
    return ERR_OK;
}

static void insert_by_date(struct iam_entity_details *items, size_t count, struct iam_entity_details details)
{
    size_t at = count;
    while (at > 0 && items[at - 1].last_authenticated.v < details.last_authenticated.v) {
        items[at] = items[at - 1];
        at--;
    }
    items[at] = details;
}

/* Who could use the service, the last one first. */
static size_t read_entities(struct arena *arena, struct str body, struct str service, struct iam_entity_details **out)
{
    struct iam_entity_details *items = ARENA_NEW(arena, struct iam_entity_details);
    struct str rest = body;
    struct line line = { .count = 0 };
    size_t count = 0;
    bool wanted = false;
    while (next_line(&rest, &line)) {
        if (str_equal(line.words[0], STR("service"))) {
            wanted = str_equal(line.words[1], service);
        } else if (wanted && str_equal(line.words[0], STR("entity"))) {
            struct iam_entity_info *info = ARENA_NEW(arena, struct iam_entity_info);
            const struct str type = str_equal(line.words[4], STR("role")) ? STR("ROLE") : STR("USER");
            *info = (struct iam_entity_info){ line.words[2], line.words[3], type, line.words[1], line.words[5] };
            items = arena_grow(arena, items, count * sizeof(*items), (count + 1) * sizeof(*items));
            insert_by_date(items, count, (struct iam_entity_details){ info, time_of(line.words[6]) });
            count++;
        }
    }
    *out = items;
    return count;
}

struct err iam_get_service_last_accessed_details_with_entities(
    struct request *rq, const struct iam_get_service_last_accessed_details_with_entities_in *in,
    struct iam_get_service_last_accessed_details_with_entities_out *out)
{
    struct item job = { .kind = ITEM_JOB };
    struct iam_entity_details *items = NULL;
    struct slice slice = { .start = 0 };
    TRY(job_get(rq, in->job_id, STR("_LEVEL"), &job));
    const size_t count = read_entities(rq->ctx.arena, job.body, in->service_namespace, &items);
    TRY(slice_of(rq, in->marker, in->max_items, count, &slice));
    out->job_status = STR("COMPLETED");
    out->job_creation_date = (struct opt_time)SOME(job.created_ms);
    out->job_completion_date = (struct opt_time)SOME(job.created_ms);
    out->entity_details_list.items = items + slice.start;
    out->entity_details_list.count = slice.count;
    out->marker = slice.marker;
    out->is_truncated = slice.truncated;
    return ERR_OK;
}

static struct iam_policy_granting_service_access granting_out(const struct subject_policy *policy)
{
    static const char *const TYPES[] = { [ENTITY_USER] = "USER", [ENTITY_GROUP] = "GROUP", [ENTITY_ROLE] = "ROLE" };
    const bool managed = policy->arn.ptr != NULL;
    return (struct iam_policy_granting_service_access){
        .policy_name = policy->name,
        .policy_type = managed ? STR("MANAGED") : STR("INLINE"),
        .policy_arn = policy->arn,
        .entity_type = managed ? STR_NONE : str_of(TYPES[policy->owner.kind]),
        .entity_name = managed ? STR_NONE : policy->owner.name,
    };
}

struct err iam_list_policies_granting_service_access(struct request *rq,
                                                     const struct iam_list_policies_granting_service_access_in *in,
                                                     struct iam_list_policies_granting_service_access_out *out)
{
    struct arena *arena = rq->ctx.arena;
    struct subject subject = { .arn = STR_NONE };
    struct slice slice = { .start = 0 };
    TRY(subject_find(rq, in->arn, &subject));
    if (subject.is_policy) {
        return fail(&rq->ctx, &IAM_INVALID_INPUT_EXCEPTION, "The ARN must be that of a user, group or role.");
    }
    TRY(slice_of(rq, in->marker, (struct opt_int){ false, PAGE_DEFAULT }, in->service_namespaces.count, &slice));
    struct iam_list_policies_granting_service_access_entry *items =
        ARENA_ARRAY(arena, struct iam_list_policies_granting_service_access_entry, slice.count + 1);
    for (size_t i = 0; i < slice.count; i++) {
        items[i].service_namespace = in->service_namespaces.items[slice.start + i];
        items[i].policies.items = ARENA_ARRAY(arena, struct iam_policy_granting_service_access, subject.policy_count + 1);
        for (size_t j = 0; j < subject.policy_count; j++) {
            if (namespace_granted(arena, subject.policies[j].document, items[i].service_namespace)) {
                items[i].policies.items[items[i].policies.count++] = granting_out(&subject.policies[j]);
            }
        }
    }
    out->policies_granting_service_access.items = items;
    out->policies_granting_service_access.count = slice.count;
    out->marker = slice.marker;
    out->is_truncated = slice.truncated;
    return ERR_OK;
}
