/* list_operations.c - the operations of the four kinds of lists: each hands its typed input to list.h. */
#include "svc/guardduty/list.h"

#define CREATE(noun_, kind_)                                                                                            \
    struct err guardduty_create_##noun_(struct request *rq, const struct guardduty_create_##noun_##_in *in,             \
                                        struct guardduty_create_##noun_##_out *out)                                     \
    {                                                                                                                  \
        return list_create(rq, STR(kind_), &(struct list_ask){ .detector = in->detector_id, .name = in->name,           \
                           .format = in->format, .location = in->location, .owner = in->expected_bucket_owner,         \
                           .token = in->client_token, .activate = in->activate, .tags = &in->tags },                    \
                           &out->noun_##_id);                                                                           \
    }

#define GET(noun_, kind_, more_)                                                                                        \
    struct err guardduty_get_##noun_(struct request *rq, const struct guardduty_get_##noun_##_in *in,                   \
                                     struct guardduty_get_##noun_##_out *out)                                           \
    {                                                                                                                  \
        struct list_row row = { .turn = 0 };                                                                            \
        TRY(list_get(rq, STR(kind_), in->detector_id, in->noun_##_id, &row, &out->tags));                               \
        out->name = row.name;                                                                                           \
        out->format = row.format;                                                                                       \
        out->location = row.location;                                                                                   \
        out->status = row.status;                                                                                       \
        out->expected_bucket_owner = row.owner.len > 0 ? row.owner : STR_NONE;                                          \
        more_()                                                                                                        \
        return ERR_OK;                                                                                                  \
    }

#define NO_TIMES()
#define TIMES()                                                                                                         \
    out->created_at = (struct opt_time)SOME(row.created_ms);                                                            \
    out->updated_at = (struct opt_time)SOME(row.updated_ms);                                                            \
    out->error_details = row.detail.len > 0 ? row.detail : STR_NONE;

#define LIST(noun_, kind_)                                                                                              \
    struct err guardduty_list_##noun_##s(struct request *rq, const struct guardduty_list_##noun_##s_in *in,             \
                                         struct guardduty_list_##noun_##s_out *out)                                     \
    {                                                                                                                  \
        return list_page(rq, STR(kind_), in->detector_id, in->max_results, in->next_token, &out->noun_##_ids.items,     \
                         &out->noun_##_ids.count, &out->next_token);                                                    \
    }

#define UPDATE(noun_, kind_)                                                                                            \
    struct err guardduty_update_##noun_(struct request *rq, const struct guardduty_update_##noun_##_in *in,             \
                                        struct guardduty_update_##noun_##_out *out)                                     \
    {                                                                                                                  \
        (void)out;                                                                                                      \
        return list_update(rq, STR(kind_), &(struct list_ask){ .detector = in->detector_id, .id = in->noun_##_id,       \
                           .name = in->name, .location = in->location, .owner = in->expected_bucket_owner,             \
                           .activate = in->activate });                                                                 \
    }

#define DELETE(noun_, kind_)                                                                                            \
    struct err guardduty_delete_##noun_(struct request *rq, const struct guardduty_delete_##noun_##_in *in,             \
                                        struct guardduty_delete_##noun_##_out *out)                                     \
    {                                                                                                                  \
        (void)out;                                                                                                      \
        return list_delete(rq, STR(kind_), in->detector_id, in->noun_##_id);                                            \
    }

#define OPERATIONS(noun_, kind_, more_)                                                                                 \
    CREATE(noun_, kind_)                                                                                                \
    GET(noun_, kind_, more_)                                                                                            \
    LIST(noun_, kind_)                                                                                                  \
    UPDATE(noun_, kind_)                                                                                                \
    DELETE(noun_, kind_)

OPERATIONS(ip_set, "ipset", NO_TIMES)
OPERATIONS(threat_intel_set, "threatintelset", NO_TIMES)
OPERATIONS(trusted_entity_set, "trustedentityset", TIMES)
OPERATIONS(threat_entity_set, "threatentityset", TIMES)
