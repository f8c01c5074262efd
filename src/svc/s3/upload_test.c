/* upload_test.c - multipart uploads through their handlers: parts, order, sizes, the joined ETag, asking twice, giving up. */
#include "svc/s3/upload.h"

#include "store/blob.h"
#include "svc/s3/fixture.h"
#include "svc/s3/intake.h"

#define KEY STR("large")

static struct request begin(struct store_test *test, struct arena *arena)
{
    struct request rq = fixture_begin(test, arena, false);
    CHECK_OK(blob_open(&rq.ctx, str_format(arena, "%s/blobs", test_folder(arena)), &rq.blobs));
    return rq;
}

static void end(struct request *rq)
{
    blob_close(rq->blobs);
    fixture_end(rq);
}

static struct str create(struct request *rq)
{
    const struct s3_create_multipart_upload_in in = { .bucket = FIXTURE_BUCKET, .key = KEY };
    struct s3_create_multipart_upload_out out = { .upload_id = STR_NONE };
    fixture_as(rq, "CreateMultipartUpload", &in);
    CHECK_OK(s3_create_multipart_upload(rq, &in, &out));
    return out.upload_id;
}

static struct err put_part(struct request *rq, struct str upload, int32_t number, struct str body, struct str *etag)
{
    struct s3_upload_part_in *in = ARENA_NEW(rq->ctx.arena, struct s3_upload_part_in);
    struct s3_upload_part_out out = { .e_tag = STR_NONE };
    *in = (struct s3_upload_part_in){ .bucket = FIXTURE_BUCKET, .key = KEY, .upload_id = upload, .part_number = SOME(number), .body = body };
    fixture_as(rq, "UploadPart", in);
    TRY(upload_before_part(rq, in));
    TRY(rq->before.run(rq->before.self, rq));
    TRY(s3_upload_part(rq, in, &out));
    test_sound(rq, "UploadPart", &out);
    *etag = out.e_tag;
    return ERR_OK;
}

static struct s3_completed_part part(int32_t number, struct str etag)
{
    return (struct s3_completed_part){ .e_tag = etag, .part_number = SOME(number) };
}

static struct err complete(struct request *rq, struct str upload, struct s3_completed_part *parts, size_t count, struct str *etag)
{
    const struct s3_completed_multipart_upload asked = { .parts = { parts, count } };
    const struct s3_complete_multipart_upload_in in = { .bucket = FIXTURE_BUCKET, .key = KEY, .upload_id = upload, .multipart_upload = &asked };
    struct s3_complete_multipart_upload_out out = { .e_tag = STR_NONE };
    fixture_as(rq, "CompleteMultipartUpload", &in);
    TRY(s3_complete_multipart_upload(rq, &in, &out));
    *etag = out.e_tag;
    return ERR_OK;
}

static struct str five_mib(struct arena *arena)
{
    return (struct str){ arena_alloc(arena, UPLOAD_PART_MIN), UPLOAD_PART_MIN };
}

STORE_TEST(parts_become_one_object_whose_etag_joins_theirs)
{
    struct request rq = begin(test, arena);
    struct object_row row = { .name = STR_NONE };
    struct str first = STR_NONE, second = STR_NONE, whole = STR_NONE, again = STR_NONE;
    bool found = false;
    const struct str upload = create(&rq);
    CHECK_OK(put_part(&rq, upload, 1, STR("replaced"), &first));
    CHECK_OK(put_part(&rq, upload, 1, five_mib(arena), &first));
    CHECK_OK(put_part(&rq, upload, 7, STR("end"), &second));
    CHECK_STR(first, "\"5f363e0e58a95f06cbe9bbc662c5dfb6\"");
    struct s3_completed_part parts[] = { part(1, first), part(7, second) };
    CHECK_OK(complete(&rq, upload, parts, 2, &whole));
    CHECK(str_ends(whole, STR("-2\"")));
    CHECK_OK(object_rows_get(&rq.ctx, rq.db, FIXTURE_BUCKET, KEY, STR_NONE, &row, &found));
    CHECK(found && row.size == UPLOAD_PART_MIN + 3 && row.part_count == 2 && row.parts[1].number == 7);
    CHECK_OK(complete(&rq, upload, parts, 2, &again)); /* an answer got lost */
    CHECK_STR(again, str_cstr(arena, whole));
    end(&rq);
}

STORE_TEST(parts_must_be_there_in_order_and_large_enough)
{
    struct request rq = begin(test, arena);
    struct str first = STR_NONE, second = STR_NONE, whole = STR_NONE;
    const struct str upload = create(&rq);
    CHECK_OK(put_part(&rq, upload, 1, STR("small"), &first));
    CHECK_OK(put_part(&rq, upload, 2, STR("end"), &second));
    struct s3_completed_part backwards[] = { part(2, second), part(1, first) };
    struct s3_completed_part forwards[] = { part(1, first), part(2, second) };
    struct s3_completed_part stranger[] = { part(1, second) };
    struct s3_completed_part absent[] = { part(3, second) };
    CHECK_FAULT(complete(&rq, upload, backwards, 2, &whole), "InvalidPartOrder");
    CHECK_FAULT(complete(&rq, upload, forwards, 2, &whole), "EntityTooSmall");
    CHECK_STR(fixture_element(&rq, "ProposedSize"), "5");
    CHECK_STR(fixture_element(&rq, "PartNumber"), "1");
    CHECK_FAULT(complete(&rq, upload, stranger, 1, &whole), "InvalidPart");
    CHECK_FAULT(complete(&rq, upload, absent, 1, &whole), "InvalidPart");
    CHECK_FAULT(complete(&rq, upload, NULL, 0, &whole), "InvalidRequest");
    CHECK_FAULT(complete(&rq, STR("nobody's"), forwards, 1, &whole), "NoSuchUpload");
    CHECK_OK(complete(&rq, upload, forwards, 1, &whole)); /* the last may be small; the other is let go */
    end(&rq);
}

STORE_TEST(part_numbers_are_of_a_range_and_of_an_upload)
{
    struct request rq = begin(test, arena);
    struct str etag = STR_NONE;
    const struct str upload = create(&rq);
    CHECK_FAULT(put_part(&rq, upload, 0, STR("x"), &etag), "InvalidArgument");
    CHECK_FAULT(put_part(&rq, upload, UPLOAD_PARTS_MAX + 1, STR("x"), &etag), "InvalidArgument");
    CHECK_OK(put_part(&rq, upload, UPLOAD_PARTS_MAX, STR("x"), &etag));
    CHECK_FAULT(put_part(&rq, STR("nobody's"), 1, STR("x"), &etag), "NoSuchUpload");
    end(&rq);
}

STORE_TEST(what_is_given_up_leaves_nothing_in_use)
{
    struct request rq = begin(test, arena);
    struct str etag = STR_NONE, ids[4];
    size_t count = 0;
    const struct str upload = create(&rq);
    CHECK_OK(put_part(&rq, upload, 1, STR("x"), &etag));
    const struct s3_abort_multipart_upload_in in = { .bucket = FIXTURE_BUCKET, .key = KEY, .upload_id = upload };
    struct s3_abort_multipart_upload_out out = { .request_charged = STR_NONE };
    struct s3_abort_multipart_upload_in other = in;
    other.if_match_initiated_time = (struct opt_time)SOME(rq.ctx.now_ms - 5000);
    fixture_as(&rq, "AbortMultipartUpload", &other);
    CHECK_FAULT(s3_abort_multipart_upload(&rq, &other, &out), "PreconditionFailed");
    fixture_as(&rq, "AbortMultipartUpload", &in);
    CHECK_OK(s3_abort_multipart_upload(&rq, &in, &out));
    CHECK_FAULT(s3_abort_multipart_upload(&rq, &in, &out), "NoSuchUpload");
    CHECK_OK(blob_rows_free(&rq.ctx, rq.db, rq.ctx.now_ms + 1, COUNT_OF(ids), ids, &count));
    CHECK_INT(count, 1);
    end(&rq);
}

STORE_TEST(uploads_under_way_are_listed_by_key_and_fold_at_a_delimiter)
{
    struct request rq = begin(test, arena);
    const struct str keys[] = { STR("a/1"), STR("a/2"), STR("b") };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct s3_create_multipart_upload_in in = { .bucket = FIXTURE_BUCKET, .key = keys[i] };
        struct s3_create_multipart_upload_out out = { .upload_id = STR_NONE };
        fixture_as(&rq, "CreateMultipartUpload", &in);
        CHECK_OK(s3_create_multipart_upload(&rq, &in, &out));
    }
    const struct s3_list_multipart_uploads_in folded = { .bucket = FIXTURE_BUCKET, .delimiter = STR("/") };
    const struct s3_list_multipart_uploads_in paged = { .bucket = FIXTURE_BUCKET, .prefix = STR("a/"), .max_uploads = SOME(1) };
    struct s3_list_multipart_uploads_out out = { .bucket = STR_NONE };
    fixture_as(&rq, "ListMultipartUploads", &folded);
    CHECK_OK(s3_list_multipart_uploads(&rq, &folded, &out));
    CHECK(out.uploads.count == 1 && out.common_prefixes.count == 1 && !out.is_truncated.v);
    CHECK_STR(out.common_prefixes.items[0].prefix, "a/");
    CHECK_OK(s3_list_multipart_uploads(&rq, &paged, &out));
    CHECK(out.uploads.count == 1 && out.is_truncated.v);
    CHECK_STR(out.next_key_marker, "a/1");
    end(&rq);
}
