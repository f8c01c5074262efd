#include "detect/harness.h"
#include "detect/intel.h"

#define BRUTE_FORCE "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce"

/* A line as RDS writes it, so many seconds after midnight. */
static struct str line(struct arena *arena, int second, const char *address, const char *message)
{
    return str_format(arena, "2026-01-05 00:%02d:%02d UTC:%s(4711):app@orders:[42]:%s\n", second / 60, second % 60, address, message);
}
#define DENIED "FATAL:  password authentication failed for user \"app\""
#define LET_IN "LOG:  connection authorized: user=app database=orders SSL enabled"

static struct str failures(struct arena *arena, int count, int apart)
{
    struct text text = text_new(arena);
    for (int i = 0; i < count; i++) {
        text_add(&text, line(arena, i * apart, "198.51.100.7", DENIED));
    }
    return text_str(&text);
}

static size_t forced(struct arena *arena, struct str before, struct str login)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log", str_format(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(before), STR_ARG(login)));
    const size_t count = harness_count(harness, BRUTE_FORCE);
    harness_close(harness);
    return count;
}

TEST(a_login_after_ten_failures_of_its_address_is_a_hit)
{
    CHECK_INT(forced(arena, failures(arena, 10, 5), line(arena, 60, "198.51.100.7", LET_IN)), 1);
    CHECK_INT(forced(arena, line(arena, 60, "198.51.100.7", LET_IN), failures(arena, 10, 5)), 0); /* known only in this order */
}

TEST(a_login_after_fewer_or_older_failures_or_from_elsewhere_is_not)
{
    CHECK_INT(forced(arena, failures(arena, 9, 5), line(arena, 60, "198.51.100.7", LET_IN)), 0);
    CHECK_INT(forced(arena, failures(arena, 10, 5), line(arena, 45 + 601, "198.51.100.7", LET_IN)), 0);
    CHECK_INT(forced(arena, failures(arena, 10, 5), line(arena, 60, "198.51.100.8", LET_IN)), 0);
    CHECK_INT(forced(arena, failures(arena, 10, 5), STR("")), 0);
}

#define CONNECT "2026-01-05T01:02:%02d.000000Z\t   12 Connect\troot@198.51.100.7 on shop using TCP/IP\n"
#define REFUSED "2026-01-05T01:02:%02d.000001Z\t   12 Connect\tAccess denied for user 'root'@'198.51.100.7' (using password: YES)\n"

TEST(mysqls_general_log_tells_a_login_only_when_no_denial_follows)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 12; i++) {
        text_add_format(&text, CONNECT REFUSED, i, i);
    }
    CHECK_INT(forced(arena, text_str(&text), STR("")), 0);
    CHECK_INT(forced(arena, text_str(&text), str_format(arena, CONNECT CONNECT, 20, 21)), 1);
}

TEST(the_audit_plugins_log_is_enough_for_a_hit)
{
    struct text text = text_new(arena);
    for (int i = 0; i < 10; i++) {
        text_add_format(&text, "20260105 01:02:%02d,db-1,root,198.51.100.7,%d,0,FAILED_CONNECT,shop,,1045\n", i, i);
    }
    CHECK_INT(forced(arena, text_str(&text), STR("20260105 01:02:20,db-1,root,198.51.100.7,11,0,CONNECT,shop,,0\n")), 1);
    CHECK_INT(forced(arena, text_str(&text), STR("20260105 01:02:20,db-1,root,198.51.100.7,11,0,DISCONNECT,shop,,0\n")), 0);
}

/* The only type found in a line; "": none. */
static const char *found(struct arena *arena, enum intel_list list, struct str text)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, list, STR("198.51.100.7"), &used);
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", text);
    CHECK(harness->count <= 1);
    const char *type = harness->count == 1 ? str_cstr(arena, harness->found[0].type) : "";
    harness_close(harness);
    intel_close(intel);
    return type;
}

#define MYSQL_PROBE                                                                                                              \
    "2026-01-05T01:02:03.000000Z 12 [Note] [MY-010914] [Server] Aborted connection 12 to db: 'unconnected' user: 'unauthenticated' " \
    "host: '198.51.100.7' (Got an error reading communication packets).\n"

static void check_list(struct arena *arena, enum intel_list list, const char *failed, const char *let_in, const char *probed)
{
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.7", DENIED))), failed);
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.7", LET_IN))), let_in);
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.7", "LOG:  incomplete startup packet"))), probed);
    CHECK_STR(str_of(found(arena, list, STR(MYSQL_PROBE))), probed);
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.8", DENIED))), "");
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.8", LET_IN))), "");
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.8", "LOG:  incomplete startup packet"))), "");
    CHECK_STR(str_of(found(arena, list, line(arena, 1, "198.51.100.7", "LOG:  disconnection: session time: 0:00:01"))), "");
}

TEST(logins_from_listed_addresses_are_named_by_list_and_outcome)
{
    check_list(arena, INTEL_TOR, "CredentialAccess:RDS/TorIPCaller.FailedLogin", "CredentialAccess:RDS/TorIPCaller.SuccessfulLogin",
               "Discovery:RDS/TorIPCaller");
    check_list(arena, INTEL_THREAT, "CredentialAccess:RDS/MaliciousIPCaller.FailedLogin",
               "CredentialAccess:RDS/MaliciousIPCaller.SuccessfulLogin", "Discovery:RDS/MaliciousIPCaller");
}

TEST(a_finding_of_a_database_says_which_who_and_how)
{
    struct json_writer w = json_writer_new(arena);
    json_str(&w, str_format(arena, "%" STR_FMT "%" STR_FMT, STR_ARG(failures(arena, 10, 5)), STR_ARG(line(arena, 60, "198.51.100.7", LET_IN))));
    const struct str wrapped = str_format(arena, "{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"111122223333\",\"logGroup\":"
                                                 "\"/aws/rds/instance/orders-1/postgresql\",\"logEvents\":[{\"message\":%" STR_FMT "}]}\n",
                                          STR_ARG(json_done(&w)));
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = NULL });
    harness_feed(harness, "log", wrapped);
    CHECK_INT(harness->count, 1);
    const struct json *finding = json_parse(arena, harness->found[0].json, NULL);
    const struct json *database = json_path(finding, "resource.rdsDbInstanceDetails");
    CHECK_STR(json_text(json_get(database, STR("dbInstanceIdentifier"))), "orders-1");
    CHECK_STR(json_text(json_get(database, STR("dbInstanceArn"))), "arn:aws:rds:us-east-1:111122223333:db:orders-1");
    CHECK_STR(json_text(json_path(finding, "resource.rdsDbUserDetails.user")), "app");
    const struct json *action = json_path(finding, "service.action");
    CHECK_STR(json_text(json_get(action, STR("actionType"))), "RDS_LOGIN_ATTEMPT");
    CHECK_STR(json_text(json_path(action, "rdsLoginAttemptAction.remoteIpDetails.ipAddressV4")), "198.51.100.7");
    int64_t logins = 0;
    CHECK(json_int(json_get(json_path(action, "rdsLoginAttemptAction.LoginAttributes")->child, STR("successfulLoginAttempts")), &logins));
    CHECK_INT(logins, 1);
    harness_close(harness);
}
