/* tell.c - what KMS does of itself, for the record.
 * spec: KMS developer guide, "Logging AWS KMS API calls with AWS CloudTrail": RotateKey, DeleteKey, DeleteImportedKeyMaterial. */
#include "base/json.h"
#include "svc/kms/key.h"
#include "svc/service_event.h"

void key_tell(struct request *rq, const struct key *key, const char *event, struct str rotation)
{
    struct json_writer details = json_writer_new(rq->ctx.arena);
    json_open_object(&details);
    json_member_str(&details, STR("keyId"), key->id);
    json_member_str(&details, STR("rotationType"), rotation);
    json_close_object(&details);
    service_event_add(rq->ctx.arena, &rq->service_events, &(const struct service_event){
        .source = STR("kms.amazonaws.com"),
        .invoked_by = STR("AWS Internal"),
        .name = str_of(event),
        .account = key->account,
        .region = key->region,
        .resource_type = STR("AWS::KMS::Key"),
        .resource = key->arn,
        .details = json_done(&details),
        .at_ms = rq->ctx.now_ms,
    });
}
