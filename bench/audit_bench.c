/* audit_bench.c - what it costs to put a call on record: its event is built and appended, and a journal's thread writes and
 * fsyncs what has gathered.
 *
 *     build/release/bench/audit_bench FOLDER [calls [together]]
 *
 * `together` calls wait for each fsync, as many as clients ask at once. Prints tab-separated: what, microseconds of CPU (of all
 * threads) a call, bytes of its entry. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "app/audit_event.h"
#include "iam_model.h"
#include "store/journal.h"
#include "sts_model.h"

static double cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static const struct operation *operation_of(const struct service_model *service, const char *name)
{
    const struct operation *operation = service->operations;
    while (strcmp(operation->name, name) != 0) {
        operation++;
    }
    return operation;
}

struct kind {
    const char *name;
    struct audit_call call;
    struct request rq;
};

static struct request caller(const struct service_model *service, const char *operation)
{
    return (struct request){
        .service = service, .operation = operation_of(service, operation), .region = STR("eu-west-1"),
        .account = STR("111122223333"), .home_account = STR("111122223333"), .source_ip = STR("198.51.100.7"),
        .user_agent = STR("Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.11.2 Botocore/1.44.8"),
        .caller = { .type = PRINCIPAL_USER, .account = STR("111122223333"), .arn = STR("arn:aws:iam::111122223333:user/alice"),
                    .id = STR("AIDAEXAMPLEEXAMPLE001"), .name = STR("alice"), .access_key = STR("AKIAEXAMPLEEXAMPLE01") },
    };
}

static void measure(struct ctx *ctx, struct journal *journal, struct kind *kind, size_t calls, size_t together)
{
    struct arena *arena CLEANUP(arena_cleanup) = arena_open();
    size_t bytes = 0;
    const double start = cpu_us();
    for (size_t i = 0; i < calls; i++) {
        kind->rq.ctx = ctx_new(arena, 1700000000000 + (int64_t)i);
        kind->rq.ctx.request_id = STR("6f2c9e5e-0a53-4b8f-8e9d-1f1a6c7f9d10");
        kind->call.rq = &kind->rq;
        const struct journal_entry *entry = audit_event(arena, &kind->call);
        bytes = entry->payload.len;
        if (journal) {
            journal_append(journal, 0, entry, NULL);
        }
        if (journal && i % together == together - 1 && journal_sync(ctx, journal, 0).fault) {
            fprintf(stderr, "%s\n", ctx->reason);
            exit(1);
        }
        arena_reset(arena);
    }
    printf("%s%s\t%.3f\t%zu\n", kind->name, journal ? ", recorded" : ", built", (cpu_us() - start) / (double)calls, bytes);
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_open();
    struct ctx ctx = ctx_new(arena, 0);
    struct store *store = NULL;
    struct journal *journal = NULL;
    const size_t calls = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 100000;
    const size_t together = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 64;
    static const struct iam_create_user_in in = { .user_name = { "bob", 3 } };
    static const struct iam_user user = { .path = { "/", 1 }, .user_name = { "bob", 3 }, .user_id = { "AIDAEXAMPLEEXAMPLE002", 21 },
                                          .arn = { "arn:aws:iam::111122223333:user/bob", 34 }, .create_date = SOME(1700000000000) };
    static const struct iam_create_user_out out = { .user = &user };
    struct kind kinds[] = {
        { .name = "GetCallerIdentity", .rq = caller(&STS_MODEL, "GetCallerIdentity") },
        { .name = "CreateUser", .rq = caller(&IAM_MODEL, "CreateUser"), .call = { .in = &in, .out = &out } },
    };
    if (argc < 2 || store_open(&ctx, str_format(arena, "sqlite:%s/bench.db", argv[1]), &store).fault
        || store_migrate(&ctx, store, NULL, 0).fault
        || journal_open(&ctx, str_format(arena, "%s/audit", argv[1]), store, &journal).fault) {
        fprintf(stderr, "usage: audit_bench FOLDER [calls [together]]; %s\n", ctx.reason);
        return 1;
    }
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        measure(&ctx, NULL, &kinds[i], calls, together);
        measure(&ctx, journal, &kinds[i], calls, together);
    }
    journal_close(journal);
    store_close(store);
    arena_close(arena);
    return 0;
}
