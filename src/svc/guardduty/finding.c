#include "svc/guardduty/finding.h"

#include <stdio.h>
#include <stdlib.h>

#include "svc/guardduty/page.h"
#include "svc/guardduty/publish.h"
#include "wire/codec.h"

enum { BATCH = 64, PAGE_DEFAULT = 50 };

static struct finding_place place_of(struct arena *arena, const struct finding_row *row)
{
    struct finding_place place = { row->sorted, str_copy(arena, row->id) };
    place.value.text = str_copy(arena, place.value.text);
    return place;
}

struct err finding_each(struct request *rq, const struct finding_walk *walk)
{
    CLEANUP(arena_cleanup) struct arena *scratch = arena_open();
    struct ctx ctx = ctx_new(scratch, rq->ctx.now_ms);
    struct rows rows = rows_of(rq);
    rows.ctx = &ctx;
    struct finding_ask ask = {
        .order = walk->order,
        .after = walk->after,
        .limit = BATCH,
        .brief = walk->brief && walk->criteria == NULL,
    };
    for (size_t count = BATCH; count == BATCH;) {
        struct finding_row *batch = NULL;
        const struct err err = rows_finding_page(rows, &ask, &batch, &count);
        if (err.fault) {
            return fail(&rq->ctx, err.fault, "%s", ctx.reason);
        }
        for (size_t i = 0; i < count; i++) {
            const bool wanted = walk->criteria == NULL || match_criteria_test(walk->criteria, batch[i].body);
            if (wanted && !walk->visit(rq, &batch[i], walk->memory)) {
                return ERR_OK;
            }
        }
        if (count > 0) {
            ask.after = place_of(rq->ctx.arena, &batch[count - 1]);
        }
        arena_reset(scratch);
    }
    return ERR_OK;
}

/* Attribute names in SortCriteria. */
static const struct {
    struct str name;
    enum finding_sort by;
} SORTS[] = {
    { STR_INIT("updatedAt"), SORT_UPDATED },
    { STR_INIT("createdAt"), SORT_CREATED },
    { STR_INIT("severity"), SORT_SEVERITY },
    { STR_INIT("type"), SORT_TYPE },
    { STR_INIT("id"), SORT_ID },
    { STR_INIT("title"), SORT_TITLE },
    { STR_INIT("accountId"), SORT_ACCOUNT },
    { STR_INIT("service.count"), SORT_COUNT },
    { STR_INIT("service.archived"), SORT_ARCHIVED },
    { STR_INIT("service.eventFirstSeen"), SORT_FIRST_SEEN },
    { STR_INIT("service.eventLastSeen"), SORT_LAST_SEEN },
    { STR_INIT("resource.resourceType"), SORT_RESOURCE_TYPE },
};

/* Without criteria the newest come first (ours: AWS promises no order); with an attribute alone it ascends. */
static struct err order_of(struct request *rq, const struct guardduty_sort_criteria *in, struct finding_order *out)
{
    *out = (struct finding_order){ SORT_UPDATED, in == NULL || str_equal(in->order_by, STR("DESC")) };
    if (in == NULL || in->attribute_name.ptr == NULL) {
        return ERR_OK;
    }
    for (size_t i = 0; i < COUNT_OF(SORTS); i++) {
        if (str_equal(SORTS[i].name, in->attribute_name)) {
            out->by = SORTS[i].by;
            return ERR_OK;
        }
    }
    return detector_refuse(&rq->ctx, "sortCriteria");
}

struct page {
    size_t limit;
    struct guardduty_finding_ids *ids;
    struct finding_place last;
    bool more;
};

static bool list_one(struct request *rq, const struct finding_row *row, void *memory)
{
    struct page *page = memory;
    if (page->ids->count == page->limit) {
        page->more = true;
        return false;
    }
    page->ids->items[page->ids->count++] = str_copy(rq->ctx.arena, row->id);
    if (page->ids->count == page->limit) {
        page->last = place_of(rq->ctx.arena, row);
    }
    return true;
}

/* What must be the same on every page of one list. */
static struct str question_of(struct request *rq, const struct guardduty_list_findings_in *in)
{
    struct json_writer writer = json_writer_new(rq->ctx.arena);
    struct guardduty_list_findings_in question = *in;
    question.next_token = STR_NONE;
    question.max_results = (struct opt_int){ false, 0 };
    wire_json_write(&writer, GUARDDUTY_SHAPE_LIST_FINDINGS_IN, &question);
    return json_done(&writer);
}

static void free_criteria(struct match_criteria **criteria)
{
    match_criteria_free(*criteria);
}

struct err guardduty_list_findings(struct request *rq, const struct guardduty_list_findings_in *in,
                                   struct guardduty_list_findings_out *out)
{
    CLEANUP(free_criteria) struct match_criteria *criteria = NULL;
    struct page page = { .limit = in->max_results.set ? (size_t)in->max_results.v : PAGE_DEFAULT,
                         .ids = &out->finding_ids };
    struct finding_walk walk = { .brief = true, .visit = list_one, .memory = &page };
    TRY(detector_exists(rq, in->detector_id));
    TRY(order_of(rq, in->sort_criteria, &walk.order));
    if (in->next_token.len > 0) {
        TRY(page_place(rq, question_of(rq, in), in->next_token, &walk.after));
    }
    TRY(finding_criteria(&rq->ctx, in->finding_criteria, &criteria));

    walk.criteria = criteria;
    page.ids->items = ARENA_ARRAY(rq->ctx.arena, struct str, page.limit);
    TRY(finding_each(rq, &walk));
    out->next_token = page.more ? page_token(rq, question_of(rq, in), &page.last) : STR("");
    return ERR_OK;
}

/* The rows of some ids; an unknown one spoils the call. */
static struct err rows_of_ids(struct request *rq, const struct guardduty_finding_ids *ids, struct finding_row **out)
{
    *out = ARENA_ARRAY(rq->ctx.arena, struct finding_row, ids->count + 1);
    for (size_t i = 0; i < ids->count; i++) {
        bool found = false;
        TRY(rows_finding_get(rows_of(rq), ids->items[i], &(*out)[i], &found));
        if (!found) {
            return detector_refuse(&rq->ctx, "findingIds");
        }
    }
    return ERR_OK;
}

static int compare_values(struct store_value a, struct store_value b)
{
    if (a.type == STORE_TEXT) {
        const size_t shorter = a.text.len < b.text.len ? a.text.len : b.text.len;
        const int order = memcmp(a.text.ptr, b.text.ptr, shorter);
        return order ? order : (a.text.len > b.text.len) - (a.text.len < b.text.len);
    }
    if (a.type == STORE_REAL) {
        return (a.real > b.real) - (a.real < b.real);
    }
    return (a.integer > b.integer) - (a.integer < b.integer);
}

/* At most 50 rows: an insertion sort is enough, and keeps equal ones as they were asked for. */
static void sort_rows(struct finding_row *rows, size_t count, struct finding_order order)
{
    for (size_t i = 1; i < count; i++) {
        const struct finding_row row = rows[i];
        size_t at = i;
        for (; at > 0; at--) {
            const int before =
                compare_values(rows_finding_value(&rows[at - 1], order.by), rows_finding_value(&row, order.by));
            if (order.descending ? before >= 0 : before <= 0) {
                break;
            }
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
}

static struct err show(struct request *rq, const struct finding_row *row, struct str detector_id,
                       struct guardduty_finding *out)
{
    void *value = NULL;
    TRY(wire_json_read(&rq->ctx, GUARDDUTY_SHAPE_FINDING, row->body, &value));
    *out = *(struct guardduty_finding *)value;
    struct guardduty_service *service = ARENA_NEW(rq->ctx.arena, struct guardduty_service);
    if (out->service) {
        *service = *out->service;
    }
    service->detector_id = detector_id;
    out->service = service;
    out->arn = finding_arn(rq->ctx.arena, rq->partition, rows_of(rq), detector_id, row->id);
    return ERR_OK;
}

struct err guardduty_get_findings(struct request *rq, const struct guardduty_get_findings_in *in,
                                  struct guardduty_get_findings_out *out)
{
    struct detector_row detector = { .enabled = false };
    struct finding_order order = { SORT_UPDATED, false };
    struct finding_row *rows = NULL;
    const size_t count = in->finding_ids.count;
    TRY(detector_need(rq, in->detector_id, &detector));
    TRY(rows_of_ids(rq, &in->finding_ids, &rows));
    if (in->sort_criteria) {
        TRY(order_of(rq, in->sort_criteria, &order));
        sort_rows(rows, count, order);
    }
    out->findings.items = ARENA_ARRAY(rq->ctx.arena, struct guardduty_finding, count + 1);
    out->findings.count = count;
    for (size_t i = 0; i < count; i++) {
        TRY(show(rq, &rows[i], detector.id, &out->findings.items[i]));
    }
    return ERR_OK;
}

static struct err change_findings(struct request *rq, struct str detector_id, const struct guardduty_finding_ids *ids,
                                  struct finding_change change)
{
    struct detector_row detector = { .enabled = false };
    struct finding_row *rows = NULL;
    TRY(detector_need(rq, detector_id, &detector));
    TRY(rows_of_ids(rq, ids, &rows));
    for (size_t i = 0; i < ids->count; i++) {
        struct finding_row row = { .archived = false };
        if (!finding_from_body(rq->ctx.arena, finding_change(rq->ctx.arena, rows[i].body, &change, 1), &row)) {
            return fail(&rq->ctx, &FAULT_INTERNAL, "a stored finding cannot be read");
        }
        TRY(rows_finding_put(rows_of(rq), &row));
    }
    return ERR_OK;
}

struct err guardduty_archive_findings(struct request *rq, const struct guardduty_archive_findings_in *in,
                                      struct guardduty_archive_findings_out *out)
{
    (void)out;
    return change_findings(rq, in->detector_id, &in->finding_ids,
                           (struct finding_change){ "service.archived", STR("true") });
}

struct err guardduty_unarchive_findings(struct request *rq, const struct guardduty_unarchive_findings_in *in,
                                        struct guardduty_unarchive_findings_out *out)
{
    (void)out;
    TRY(change_findings(rq, in->detector_id, &in->finding_ids,
                        (struct finding_change){ "service.archived", STR("false") }));
    for (size_t i = 0; i < in->finding_ids.count; i++) {
        TRY(publish_unarchived(rows_of(rq), in->finding_ids.items[i]));
    }
    return ERR_OK;
}

/* Comments are for AWS's own analysts: nobody could read them back, so they are not kept. */
struct err guardduty_update_findings_feedback(struct request *rq,
                                              const struct guardduty_update_findings_feedback_in *in,
                                              struct guardduty_update_findings_feedback_out *out)
{
    (void)out;
    const struct str quoted = str_format(rq->ctx.arena, "\"%" STR_FMT "\"", STR_ARG(in->feedback));
    return change_findings(rq, in->detector_id, &in->finding_ids,
                           (struct finding_change){ "service.userFeedback", quoted });
}
