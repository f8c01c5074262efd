/* attributes.c - GetObjectAttributes. */
#include "svc/s3/checksum.h"
#include "svc/s3/object.h"

enum { PARTS_MAX = 1000 };

static bool wanted(const struct s3_get_object_attributes_in *in, const char *name)
{
    for (size_t i = 0; i < in->object_attributes.count; i++) {
        if (str_equal(in->object_attributes.items[i], str_of(name))) {
            return true;
        }
    }
    return false;
}

static struct s3_object_part show_part(const struct object_part *part, const struct checksum *whole)
{
    struct s3_object_part shown = { .part_number = SOME((int32_t)part->number), .size = SOME(part->size) };
    const struct checksum own = { .kind = whole->kind, .value = part->checksum };
    checksum_show_in(S3_SHAPE_OBJECT_PART, &own, &shown);
    return shown;
}

/* The list of parts is there where each has a checksum that counts, as AWS answered it; the number of parts always. */
static const struct s3_get_object_attributes_parts *show_parts(struct request *rq, const struct s3_get_object_attributes_in *in,
                                                               const struct object_row *row, const struct checksum *checksum)
{
    if (row->part_count == 0 || row->parts[0].number == 0) {
        return NULL;
    }
    struct s3_get_object_attributes_parts *parts = ARENA_NEW(rq->ctx.arena, struct s3_get_object_attributes_parts);
    const int32_t max = in->max_parts.set && in->max_parts.v < PARTS_MAX ? in->max_parts.v : PARTS_MAX;
    parts->total_parts_count = (struct opt_int)SOME((int32_t)row->part_count);
    if (row->parts[0].checksum.ptr == NULL || !checksum->composite) {
        return parts;
    }
    parts->next_part_number_marker = (struct opt_int)SOME(0);
    parts->parts.items = ARENA_ARRAY(rq->ctx.arena, struct s3_object_part, row->part_count);
    for (size_t i = 0; i < row->part_count; i++) {
        const bool beyond = row->parts[i].number > in->part_number_marker.v;
        if (beyond && parts->parts.count == (size_t)(max > 0 ? max : 0)) {
            parts->is_truncated = (struct opt_bool)SOME(true);
            break;
        }
        if (beyond) {
            parts->parts.items[parts->parts.count++] = show_part(&row->parts[i], checksum);
            parts->next_part_number_marker = (struct opt_int)SOME((int32_t)row->parts[i].number);
        }
    }
    parts->is_truncated = (struct opt_bool)SOME(parts->is_truncated.v);
    parts->max_parts = (struct opt_int)SOME(max);
    parts->part_number_marker = (struct opt_int)SOME(in->part_number_marker.v);
    return parts;
}

struct err s3_get_object_attributes(struct request *rq, const struct s3_get_object_attributes_in *in, struct s3_get_object_attributes_out *out)
{
    struct bucket_row bucket = { .name = STR_NONE };
    struct object_row row = { .name = STR_NONE };
    TRY(bucket_need(rq, in->bucket, in->expected_bucket_owner, &bucket));
    TRY(object_need(rq, &bucket, in->key, in->version_id, &row));
    struct checksum checksum = checksum_read(rq->ctx.arena, row.checksum);
    out->last_modified = (struct opt_time)SOME(row.modified_ms);
    out->version_id = object_shown_version(&bucket, row.version);
    out->e_tag = wanted(in, "ETag") ? row.etag : STR_NONE;
    out->storage_class = wanted(in, "StorageClass") ? row.storage_class : STR_NONE;
    out->object_size = wanted(in, "ObjectSize") ? (struct opt_long)SOME(row.size) : (struct opt_long){ false, 0 };
    out->object_parts = wanted(in, "ObjectParts") ? show_parts(rq, in, &row, &checksum) : NULL;
    if (wanted(in, "Checksum") && checksum.kind != CHECKSUM_NONE) {
        struct str rest = STR_NONE;
        struct s3_checksum *shown = ARENA_NEW(rq->ctx.arena, struct s3_checksum);
        checksum.value = str_cut(checksum.value, '-', &rest); /* without the number of parts */
        checksum_show_in(S3_SHAPE_CHECKSUM, &checksum, shown);
        out->checksum = shown;
    }
    return ERR_OK;
}
