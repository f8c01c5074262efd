/* tag.c - tags of groups. */
#include "svc/logs/group.h"

enum { TAGS_MAX = 50 };

struct err logs_tags_put(struct request *rq, struct str account, struct str resource, struct logs_tags tags)
{
    const struct rows rows = { &rq->ctx, rq->db, account, rq->region };
    struct logs_tags all = { NULL, 0 };
    for (size_t i = 0; i < tags.count; i++) {
        if (str_starts(str_lower(rq->ctx.arena, tags.items[i].key), STR("aws:"))) {
            return fail(&rq->ctx, &LOGS_INVALID_PARAMETER_EXCEPTION, "Tag keys that start with aws: are reserved: %" STR_FMT,
                        STR_ARG(tags.items[i].key));
        }
        TRY(logs_row_tag_put(&rows, resource, tags.items[i].key, tags.items[i].value));
    }
    TRY(logs_row_tags(&rows, resource, &all));
    return all.count <= TAGS_MAX ? ERR_OK : fail(&rq->ctx, &LOGS_TOO_MANY_TAGS_EXCEPTION, "A resource can have at most %d tags.", TAGS_MAX);
}
