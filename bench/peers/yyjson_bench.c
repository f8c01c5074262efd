/* yyjson_bench.c - the other mark for scan_bench: yyjson reads the same fields, a record at a time from memory of its own.
 *
 *     yyjson_bench FILE FIELDS     (FILE from scan_bench --lines; 10, 12 or 16 fields)
 *
 * Reads twice and prints "BYTES SECONDS" of the second time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "yyjson.h"

static const char *const FIELDS[][4] = {
    { "eventTime" }, { "eventSource" }, { "eventName" }, { "awsRegion" }, { "sourceIPAddress" }, { "userAgent" }, { "errorCode" },
    { "eventID" }, { "recipientAccountId" }, { "userIdentity", "type" }, { "userIdentity", "arn" }, { "userIdentity", "principalId" },
    { "userIdentity", "accessKeyId" }, { "userIdentity", "sessionContext", "sessionIssuer", "arn" }, { "readOnly" },
    { "requestParameters" },
};

static double seconds(void)
{
    struct timespec t = { 0 };
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t read_record(yyjson_val *record, int fields)
{
    size_t sum = 0;
    for (int i = 0; i < fields; i++) {
        yyjson_val *value = record;
        for (int part = 0; part < 4 && FIELDS[i][part]; part++) {
            value = yyjson_obj_get(value, FIELDS[i][part]);
        }
        sum += yyjson_get_len(value);
    }
    return sum;
}

static size_t read_all(char *text, size_t size, int fields)
{
    static char room[1 << 20];
    size_t sum = 0;
    for (char *at = text; at < text + size;) {
        char *end = memchr(at, '\n', (size_t)(text + size - at));
        yyjson_alc memory;
        yyjson_alc_pool_init(&memory, room, sizeof(room));
        yyjson_doc *doc = yyjson_read_opts(at, (size_t)(end - at), 0, &memory, NULL);
        if (doc == NULL) {
            exit(4);
        }
        sum += read_record(yyjson_doc_get_root(doc), fields);
        yyjson_doc_free(doc);
        at = end + 1;
    }
    return sum;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fputs("usage: yyjson_bench FILE FIELDS\n", stderr);
        return 2;
    }
    const size_t size = (size_t)ftell(file);
    char *text = malloc(size + 1);
    rewind(file);
    if (fread(text, 1, size, file) != size) {
        return 4;
    }
    const size_t first = read_all(text, size, (int)strtol(argv[2], NULL, 10));
    const double start = seconds();
    const size_t sum = read_all(text, size, (int)strtol(argv[2], NULL, 10));
    printf("%zu %.6f\n", size, seconds() - start);
    fprintf(stderr, "(%zu)\n", sum);
    return sum == first ? 0 : 4;
}
