#include "svc/s3/work.h"

#include "svc/s3/object.h"
#include "svc/s3/upload.h"

struct err work_before(struct request *rq, const void *in)
{
    const struct str name = str_of(rq->operation->name);
    if (str_equal(name, STR("PutObject"))) {
        return object_before_put(rq, in);
    }
    if (str_equal(name, STR("UploadPart"))) {
        return upload_before_part(rq, in);
    }
    if (str_equal(name, STR("UploadPartCopy"))) {
        return upload_before_part_copy(rq, in);
    }
    return str_equal(name, STR("CopyObject")) ? copy_before(rq, in) : ERR_OK;
}
