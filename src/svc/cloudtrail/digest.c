#include "svc/cloudtrail/digest.h"

#include "base/clock.h"
#include "base/json.h"

static struct str text(const struct json *j, const char *key)
{
    return json_text(json_get(j, str_of(key)));
}

static const char *read_logs(struct arena *arena, const struct json *list, struct digest_doc *out)
{
    if (list == NULL || list->kind != JSON_ARRAY) {
        return "it has no logFiles";
    }
    out->logs = ARENA_ARRAY(arena, struct digest_log, list->count + 1);
    for (const struct json *item = list->child; item; item = item->next) {
        const struct digest_log log = { text(item, "s3Bucket"), text(item, "s3Object"), text(item, "hashValue") };
        if (log.object.ptr == NULL || log.hash.ptr == NULL) {
            return "a log file of it has no name or hash";
        }
        out->logs[out->log_count++] = log;
    }
    return NULL;
}

const char *digest_read(struct arena *arena, struct str json, struct digest_doc *out)
{
    const struct json *doc = json_parse(arena, json, NULL);
    if (doc == NULL || doc->kind != JSON_OBJECT) {
        return "it is no JSON object";
    }
    *out = (struct digest_doc){
        .account = text(doc, "awsAccountId"), .bucket = text(doc, "digestS3Bucket"), .object = text(doc, "digestS3Object"),
        .fingerprint = text(doc, "digestPublicKeyFingerprint"), .end_text = text(doc, "digestEndTime"),
        .previous_object = text(doc, "previousDigestS3Object"), .previous_hash = text(doc, "previousDigestHashValue"),
        .previous_signature = text(doc, "previousDigestSignature"),
    };
    if (!clock_parse_iso8601(text(doc, "digestStartTime"), &out->start_ms) || !clock_parse_iso8601(out->end_text, &out->end_ms)) {
        return "it has no start or end";
    }
    if (out->bucket.ptr == NULL || out->object.ptr == NULL || out->fingerprint.ptr == NULL) {
        return "it lacks its bucket, name or key fingerprint";
    }
    return read_logs(arena, json_get(doc, STR("logFiles")), out);
}

struct str digest_message(struct arena *arena, const struct digest_doc *doc, struct str hash)
{
    const struct str parts[] = { doc->end_text, STR("\n"), doc->bucket, STR("/"), doc->object, STR("\n"), hash, STR("\n"),
                                 doc->previous_signature.ptr ? doc->previous_signature : STR("null") };
    struct text message = text_new(arena);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        text_add(&message, parts[i]);
    }
    return text_str(&message);
}

bool digest_name_read(struct str key, struct digest_name *out)
{
    static const struct str mark = STR_INIT("_CloudTrail-Digest_");
    static const struct str backfill = STR_INIT("_backfill.json.gz");
    static const struct str plain = STR_INIT(".json.gz");
    *out = (struct digest_name){ .backfill = str_ends(key, backfill) };
    if (!str_ends(key, plain) || str_search(key, STR("CloudTrail-Digest/")) == STR_MISSING) {
        return false;
    }
    const struct str stem = str_slice(key, 0, key.len - (out->backfill ? backfill.len : plain.len));
    const size_t slash = str_find_last(stem, '/');
    const struct str name = str_from(stem, slash == STR_MISSING ? 0 : slash + 1);
    const size_t under = str_find_last(name, '_');
    const size_t at = str_search(name, mark);
    if (under == STR_MISSING || at == STR_MISSING || under < at + mark.len
        || !clock_parse_amz(str_from(name, under + 1), &out->end_ms)) {
        return false;
    }
    struct str rest = STR_NONE;
    out->chain = str_slice(name, 0, under);
    out->region = str_cut(str_from(name, at + mark.len), '_', &rest);
    return true;
}
