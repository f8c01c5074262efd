/* delivery.c - delivery destinations: where logs of services could go, and who of other accounts may use them.
 *
 * No service here has vended logs yet, so there are no delivery sources, and nothing to make a delivery of. */
#include "svc/logs/item.h"
#include "svc/policy_text.h"

enum { LIST_NORMAL = 50 };

static struct item_name named(struct str name)
{
    return (struct item_name){ KIND_DELIVERY_DESTINATION, name, 0 };
}

static struct item_name policy_named(struct str name)
{
    return (struct item_name){ KIND_DELIVERY_DESTINATION_POLICY, name, 0 };
}

static struct err need(struct request *rq, struct str name, struct logs_delivery_destination **out)
{
    void *value = NULL;
    TRY(logs_item_load(rq, named(name), LOGS_SHAPE_DELIVERY_DESTINATION, &value));
    *out = value;
    return value ? ERR_OK
                 : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "Requested Delivery Destination does not exist in this account.");
}

/* "S3" of the resource's service. */
static struct str type_of(struct str arn)
{
    static const struct { struct str service, type; } types[] = {
        { STR_INIT("s3"), STR_INIT("S3") }, { STR_INIT("logs"), STR_INIT("CWL") }, { STR_INIT("firehose"), STR_INIT("FH") } };
    struct str rest = arn, service = STR_NONE;
    for (size_t i = 0; i < 3; i++) {
        service = str_cut(rest, ':', &rest);
    }
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        if (str_equal(service, types[i].service)) {
            return types[i].type;
        }
    }
    return STR_NONE;
}

struct err logs_put_delivery_destination(struct request *rq, const struct logs_put_delivery_destination_in *in, struct logs_put_delivery_destination_out *out)
{
    struct logs_delivery_destination *destination = ARENA_NEW(rq->ctx.arena, struct logs_delivery_destination);
    const struct logs_delivery_destination_configuration *where = in->delivery_destination_configuration;
    const struct str type = where ? type_of(where->destination_resource_arn) : STR_NONE;
    if (type.ptr == NULL) {
        return fail(&rq->ctx, &LOGS_VALIDATION_EXCEPTION, "deliveryDestinationConfiguration must name a bucket of S3, a log group or a stream of "
                    "Firehose by its ARN.");
    }
    *destination = (struct logs_delivery_destination){
        .name = in->name, .delivery_destination_type = type, .output_format = in->output_format, .delivery_destination_configuration = where,
        .arn = str_format(rq->ctx.arena, "arn:%" STR_FMT ":logs:%" STR_FMT ":%" STR_FMT ":delivery-destination:%" STR_FMT,
                          STR_ARG(rq->partition), STR_ARG(rq->region), STR_ARG(rq->account), STR_ARG(in->name)),
    };
    TRY(logs_item_save(rq, named(in->name), LOGS_SHAPE_DELIVERY_DESTINATION, destination));
    TRY(in->tags.count ? logs_tags_put(rq, rq->account, destination->arn, in->tags) : ERR_OK);
    out->delivery_destination = destination;
    return ERR_OK;
}

/* Tags have rows of their own; what has none shows none. */
static struct err add_tags(struct request *rq, struct logs_delivery_destination *destination)
{
    const struct rows rows = logs_rows(rq);
    TRY(logs_row_tags(&rows, destination->arn, &destination->tags));
    destination->tags.items = destination->tags.count ? destination->tags.items : NULL;
    return ERR_OK;
}

struct err logs_get_delivery_destination(struct request *rq, const struct logs_get_delivery_destination_in *in, struct logs_get_delivery_destination_out *out)
{
    struct logs_delivery_destination *destination = NULL;
    TRY(need(rq, in->name, &destination));
    out->delivery_destination = destination;
    return add_tags(rq, destination);
}

struct err logs_describe_delivery_destinations(struct request *rq, const struct logs_describe_delivery_destinations_in *in,
                                               struct logs_describe_delivery_destinations_out *out)
{
    struct any_list values = { NULL, 0 };
    const struct item_list list = { .kind = KIND_DELIVERY_DESTINATION, .shape = LOGS_SHAPE_DELIVERY_DESTINATION, .token = in->next_token,
                                    .limit = logs_page_size(in->limit, LIST_NORMAL) };
    TRY(logs_item_page(rq, &list, &values, &out->next_token));
    out->delivery_destinations = (struct logs_delivery_destinations){ values.items, values.count };
    for (size_t i = 0; i < values.count; i++) {
        TRY(add_tags(rq, &out->delivery_destinations.items[i]));
    }
    return ERR_OK;
}

struct err logs_delete_delivery_destination(struct request *rq, const struct logs_delete_delivery_destination_in *in,
                                            struct logs_delete_delivery_destination_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct logs_delivery_destination *destination = NULL;
    bool found = false;
    TRY(need(rq, in->name, &destination));
    TRY(logs_row_tags_delete(&rows, destination->arn));
    TRY(logs_row_item_delete(&rows, KIND_DELIVERY_DESTINATION_POLICY, in->name, 0, &found));
    return logs_row_item_delete(&rows, KIND_DELIVERY_DESTINATION, in->name, 0, &found);
}

struct err logs_put_delivery_destination_policy(struct request *rq, const struct logs_put_delivery_destination_policy_in *in,
                                                struct logs_put_delivery_destination_policy_out *out)
{
    struct logs_delivery_destination *destination = NULL;
    struct logs_policy *policy = ARENA_NEW(rq->ctx.arena, struct logs_policy);
    TRY(need(rq, in->delivery_destination_name, &destination));
    TRY(policy_text_check(rq, in->delivery_destination_policy, POLICY_RESOURCE, &LOGS_VALIDATION_EXCEPTION));
    policy->delivery_destination_policy = in->delivery_destination_policy;
    out->policy = policy;
    return logs_item_save(rq, policy_named(in->delivery_destination_name), LOGS_SHAPE_POLICY, policy);
}

struct err logs_get_delivery_destination_policy(struct request *rq, const struct logs_get_delivery_destination_policy_in *in,
                                                struct logs_get_delivery_destination_policy_out *out)
{
    struct logs_delivery_destination *destination = NULL;
    void *policy = NULL;
    TRY(need(rq, in->delivery_destination_name, &destination));
    TRY(logs_item_load(rq, policy_named(in->delivery_destination_name), LOGS_SHAPE_POLICY, &policy));
    out->policy = policy ? policy : ARENA_NEW(rq->ctx.arena, struct logs_policy);
    return ERR_OK;
}

struct err logs_delete_delivery_destination_policy(struct request *rq, const struct logs_delete_delivery_destination_policy_in *in,
                                                   struct logs_delete_delivery_destination_policy_out *out)
{
    (void)out;
    const struct rows rows = logs_rows(rq);
    struct logs_delivery_destination *destination = NULL;
    bool found = false;
    TRY(need(rq, in->delivery_destination_name, &destination));
    TRY(logs_row_item_delete(&rows, KIND_DELIVERY_DESTINATION_POLICY, in->delivery_destination_name, 0, &found));
    return found ? ERR_OK
                 : fail(&rq->ctx, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "Requested Delivery Destination Policy does not exist in this account.");
}
