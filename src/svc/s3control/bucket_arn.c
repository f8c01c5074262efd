#include "svc/s3control/bucket_arn.h"

struct str bucket_of_arn(struct str arn)
{
    static const struct str prefix = STR_INIT("arn:aws:s3:::");
    const struct str name = str_from(arn, prefix.len);
    return str_starts(arn, prefix) && name.len && str_find(name, '/') == STR_MISSING ? name : STR_NONE;
}
