#include "svc/logs/item.h"

#include "wire/codec.h"

enum { LOOK_AHEAD = 100 };

struct err logs_item_load(struct request *rq, struct item_name name, const struct shape *shape, void **value)
{
    const struct rows rows = logs_rows(rq);
    struct item item = { .name = STR_NONE };
    bool found = false;
    *value = NULL;
    TRY(logs_row_item(&rows, name.kind, name.name, name.group, &item, &found));
    return found ? wire_json_read(&rq->ctx, shape, item.document, value) : ERR_OK;
}

struct err logs_item_save(struct request *rq, struct item_name name, const struct shape *shape, const void *value)
{
    const struct rows rows = logs_rows(rq);
    struct json_writer w = json_writer_new(rq->ctx.arena);
    wire_json_write(&w, shape, value);
    const struct item item = { .name = name.name, .group = name.group, .document = json_done(&w) };
    return logs_row_item_put(&rows, name.kind, &item);
}

/* "GROUP NAME" of the last item of the page before. */
static struct err page_start(struct request *rq, struct str token, struct item *after)
{
    struct str text = STR_NONE;
    *after = (struct item){ .name = STR_NONE };
    TRY(logs_page_start(rq, token, &text));
    const struct str group = str_cut(text, ' ', &after->name);
    return text.ptr == NULL || str_to_int(group, &after->group)
               ? ERR_OK
               : fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
}

/* Adds what is wanted; *last is the newest one of the page. False: the page is full, and there is more. */
static struct err take(struct request *rq, const struct item_list *list, const struct item *item, struct any_list *values,
                       struct item *last, bool *full)
{
    void *value = NULL;
    *full = false;
    if (list->prefix.ptr && !str_starts(item->name, list->prefix)) {
        return ERR_OK;
    }
    TRY(wire_json_read(&rq->ctx, list->shape, item->document, &value));
    if (list->wanted && !list->wanted(list->argument, value)) {
        return ERR_OK;
    }
    *full = values->count == (size_t)list->limit;
    if (!*full) {
        memcpy((char *)values->items + values->count++ * list->shape->size, value, list->shape->size);
        *last = *item;
    }
    return ERR_OK;
}

struct err logs_item_page(struct request *rq, const struct item_list *list, struct any_list *values, struct str *next)
{
    const struct rows rows = logs_rows(rq);
    struct item after = { .name = STR_NONE }, last = { .name = STR_NONE };
    struct items some = { NULL, LOOK_AHEAD };
    *values = (struct any_list){ arena_array(rq->ctx.arena, (size_t)list->limit + 1, list->shape->size), 0 };
    *next = STR_NONE;
    TRY(page_start(rq, list->token, &after));
    while (some.count == LOOK_AHEAD) {
        TRY(logs_row_items(&rows, list->kind, after.name.ptr ? &after : NULL, LOOK_AHEAD, &some));
        for (size_t i = 0; i < some.count; i++) {
            bool full = false;
            TRY(take(rq, list, &some.items[i], values, &last, &full));
            if (full) {
                *next = logs_page_token(rq, str_format(rq->ctx.arena, "%lld %" STR_FMT, (long long)last.group, STR_ARG(last.name)));
                return ERR_OK;
            }
        }
        after = some.count ? some.items[some.count - 1] : after;
    }
    return ERR_OK;
}
