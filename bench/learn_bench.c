/* What learning costs: memory for many principals, and time per event, everywhere cold and among few.
 *
 *     build/release/bench/learn_bench [PRINCIPALS]        default: a million, over 64 accounts */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/resource.h>

#include "detect/learn/anomaly.h"

enum { ACCOUNTS = 64, CALLS = 12, DAYS = 20 };
static const char *const APIS[CALLS] = { "GetObject", "PutObject", "ListObjects", "DescribeInstances", "ListRoles", "GetRole",
                                         "AssumeRole", "DescribeVolumes", "ListUsers", "GetSecretValue", "Decrypt", "PutMetricData" };

/* Of this process, since the machine may have other work. */
static int64_t busy_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec * INT64_C(1000000) + usage.ru_utime.tv_usec;
}

static uint64_t state = 1;
static uint64_t draw(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

static void set(struct event *ev, enum field field, char *room, size_t size, int written)
{
    ev->fields[field] = (struct str){ room, written < (int)size ? (size_t)written : size - 1 };
}

/* Events of one day, over principals drawn from the first `many`. */
static void run(struct learn *learn, struct anomaly *anomaly, struct arena *arena, uint64_t many, uint64_t events, int64_t day)
{
    char account[16], arn[80], address[32];
    for (uint64_t i = 0; i < events; i++) {
        const uint64_t who = draw() % many;
        const uint64_t what = draw();
        struct event ev = { .source = SOURCE_CLOUDTRAIL, .arena = arena, .at_ms = (20454 + day) * INT64_C(86400000) + (int64_t)(i * 80000000 / events) };
        set(&ev, FIELD_ACCOUNT, account, sizeof(account), snprintf(account, sizeof(account), "%012" PRIu64, 111122220000 + who % ACCOUNTS));
        set(&ev, FIELD_PRINCIPAL, arn, sizeof(arn), snprintf(arn, sizeof(arn), "arn:aws:iam::%s:user/person-%" PRIu64, account, who));
        set(&ev, FIELD_IP, address, sizeof(address), snprintf(address, sizeof(address), "203.%u.113.%u", (unsigned)(who % 200), (unsigned)(what % 4)));
        ev.fields[FIELD_ACTION] = str_of(APIS[(who + what % 5) % CALLS]);
        ev.fields[FIELD_SERVICE] = STR("ec2.amazonaws.com");
        ev.fields[FIELD_REGION] = what % 9 ? STR("eu-west-1") : STR("us-east-1");
        ev.fields[FIELD_AGENT] = what % 3 ? STR("aws-cli/2.15.0 md/awscrt#0.19 ua/2.0 os/linux#6.1 lang/python#3.11") : STR("Boto3/1.34.1 md/Botocore#1.34.1 ua/2.0 os/linux#5.10 lang/python#3.10");
        ev.fields[FIELD_IDENTITY] = STR("IAMUser");
        ev.fields[FIELD_OUTCOME] = STR("Success");
        struct verdict verdict = { .severity = 0 };
        anomaly_inspect(anomaly, learn, &ev, NULL, &verdict);
        if (i % 65536 == 0) {
            arena_reset(arena);
        }
    }
}

static void measure(const char *what, struct learn *learn, struct anomaly *anomaly, struct arena *arena, uint64_t many, int64_t from)
{
    const uint64_t events = 2000000;
    const int64_t before = busy_us();
    for (int64_t day = from; day < from + 3; day++) {
        run(learn, anomaly, arena, many, events / 3, day);
    }
    const double nanoseconds = (double)(busy_us() - before) * 1000 / (double)events;
    printf("%-34s %6.0f ns an event, the making of it included: %.2f M events/s\n", what, nanoseconds, 1000 / nanoseconds);
}

/* Making an event alone costs this much. */
static double making(struct arena *arena)
{
    struct learn *none = learn_open(NULL);
    struct anomaly *anomaly = anomaly_open();
    const int64_t before = busy_us();
    struct event ev = { .source = SOURCE_CLOUDTRAIL, .arena = arena };
    char room[80];
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 1000000; i++) {
        set(&ev, FIELD_ACCOUNT, room, sizeof(room), snprintf(room, 16, "%012" PRIu64, draw()));
        set(&ev, FIELD_PRINCIPAL, room, sizeof(room), snprintf(room, sizeof(room), "arn:aws:iam::%s:user/person-%" PRIu64, "111122223333", draw()));
        set(&ev, FIELD_IP, room, sizeof(room), snprintf(room, sizeof(room), "203.%u.113.%u", (unsigned)(draw() % 200), (unsigned)(draw() % 4)));
        sum += ev.fields[FIELD_IP].len;
    }
    anomaly_close(anomaly);
    learn_close(none);
    return (double)(busy_us() - before) / 1000 + (double)(sum == 0);
}

int main(int argc, char **argv)
{
    const uint64_t principals = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct arena *arena = arena_open();
    printf("making an event alone: %.0f ns\n", making(arena));
    struct learn *few = learn_open(NULL);
    struct anomaly *anomaly = anomaly_open();
    for (int64_t day = 0; day < DAYS; day++) {
        run(few, anomaly, arena, 200, 100000, day);
    }
    measure("200 principals, after 20 days:", few, anomaly, arena, 200, DAYS);
    learn_close(few);

    struct learn *many = learn_open(&(struct learn_options){ .entities = principals + ACCOUNTS * 512 });
    for (int64_t day = 0; day < 3; day++) {
        run(many, anomaly, arena, principals, principals * 2, day);
    }
    measure("all principals in turn:", many, anomaly, arena, principals, 3);
    const struct learn_counts counts = learn_counts(many);
    printf("%" PRIu64 " entities of %" PRIu64 " accounts: %.0f MB, %.0f bytes each; %" PRIu64 " forgotten, %" PRIu64 " refused\n", counts.entities,
           counts.accounts, (double)counts.bytes / 1e6, (double)counts.bytes / (double)counts.entities, counts.forgotten, counts.refused);
    learn_close(many);
    anomaly_close(anomaly);
    arena_close(arena);
    return 0;
}
