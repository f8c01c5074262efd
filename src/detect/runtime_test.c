#include "detect/harness.h"
#include "detect/intel.h"

static struct intel *listed(enum intel_list list, const char *entry)
{
    struct intel *intel = intel_open();
    size_t used = 0;
    intel_load_text(intel, list, str_of(entry), &used);
    CHECK_INT(used, 1);
    return intel;
}

/* How many findings of a type the text makes. */
static size_t found(struct arena *arena, const struct intel *intel, const char *type, const char *text)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", str_of(text));
    CHECK_INT(harness->troubles, 0);
    const size_t count = harness_count(harness, type);
    harness_close(harness);
    return count;
}

#define PROCESS(binary)                                                                                                     \
    "\"process\":{\"exec_id\":\"bm9k\",\"pid\":42,\"uid\":0,\"cwd\":\"/\",\"binary\":\"" binary "\",\"arguments\":\"-x\","          \
    "\"pod\":{\"namespace\":\"shop\",\"name\":\"web-1\",\"container\":{\"id\":\"containerd://abc\",\"image\":{\"name\":\"r.example/web\"}}}}"
#define AT ",\"node_name\":\"node-1\",\"time\":\"2026-01-05T01:02:03.5Z\"}\n"
#define CONNECT(address) "{\"process_connect\":{" PROCESS("/usr/bin/curl") ",\"destination_ip\":\"" address "\",\"destination_port\":443}" AT
#define ASKED(name) "{\"process_dns\":{" PROCESS("/usr/bin/curl") ",\"dns\":{\"names\":[\"" name "\"]}}" AT
#define HASH_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HASH_B "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define RUN(hash) "{\"process_lsm\":{" PROCESS("/tmp/x") ",\"function_name\":\"bprm_check_security\",\"ima_hash\":\"sha256:" hash "\"}" AT
#define FALCO(event, address)                                                                                                \
    "{\"hostname\":\"node-1\",\"output\":\"o\",\"priority\":\"Notice\",\"rule\":\"Connection\",\"source\":\"syscall\",\"time\":"        \
    "\"2026-01-05T01:02:03.500000000Z\",\"output_fields\":{\"container.id\":\"abc\",\"proc.name\":\"x\",\"evt.type\":\"" event "\","  \
    "\"fd.rip\":\"" address "\",\"fd.rport\":9001}}\n"

TEST(a_process_that_speaks_to_a_listed_address_is_a_hit)
{
    static const struct {
        enum intel_list list;
        const char *type;
    } cases[] = { { INTEL_COMMAND, "Backdoor:Runtime/C&CActivity.B" },      { INTEL_MINING, "CryptoCurrency:Runtime/BitcoinTool.B" },
                  { INTEL_SINKHOLE, "Trojan:Runtime/BlackholeTraffic" },     { INTEL_DROP_POINT, "Trojan:Runtime/DropPoint" },
                  { INTEL_TOR_RELAY, "UnauthorizedAccess:Runtime/TorClient" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct intel *intel = listed(cases[i].list, "198.51.100.7");
        CHECK_INT(found(arena, intel, cases[i].type, CONNECT("198.51.100.7")), 1);
        CHECK_INT(found(arena, intel, cases[i].type, FALCO("connect", "198.51.100.7")), 1);
        CHECK_INT(found(arena, intel, cases[i].type, CONNECT("198.51.100.8")), 0);
        CHECK_INT(found(arena, intel, cases[i].type, FALCO("accept", "198.51.100.7")), 0);
        intel_close(intel);
    }
}

/* spec: Linux, struct sockaddr_in: family 2, port 443, 198.51.100.7 */
TEST(auditds_addresses_are_told_by_their_bytes)
{
    struct intel *intel = listed(INTEL_COMMAND, "198.51.100.7");
    CHECK_INT(found(arena, intel, "Backdoor:Runtime/C&CActivity.B",
                    "type=SOCKADDR msg=audit(1767574923.500:77): saddr=020001BBC63364070000000000000000\n"), 1);
    CHECK_INT(found(arena, intel, "Backdoor:Runtime/C&CActivity.B",
                    "type=SOCKADDR msg=audit(1767574923.500:77): saddr=020001BBC63364080000000000000000\n"), 0);
    CHECK_INT(found(arena, intel, "Backdoor:Runtime/C&CActivity.B",
                    "type=SOCKADDR msg=audit(1767574923.500:77): saddr=0A0001BBC63364070000000000000000\n"), 0);
    intel_close(intel);
}

TEST(a_process_that_lets_relays_of_tor_in_is_a_hit)
{
    struct intel *intel = listed(INTEL_TOR_RELAY, "198.51.100.7");
    CHECK_INT(found(arena, intel, "UnauthorizedAccess:Runtime/TorRelay", FALCO("accept4", "198.51.100.7")), 1);
    CHECK_INT(found(arena, intel, "UnauthorizedAccess:Runtime/TorRelay", FALCO("connect", "198.51.100.7")), 0);
    CHECK_INT(found(arena, intel, "UnauthorizedAccess:Runtime/TorRelay", FALCO("accept4", "198.51.100.8")), 0);
    intel_close(intel);
}

TEST(a_process_that_asks_for_a_listed_name_is_a_hit)
{
    static const struct {
        enum intel_list list;
        const char *type;
    } cases[] = { { INTEL_COMMAND, "Backdoor:Runtime/C&CActivity.B!DNS" },
                  { INTEL_MINING, "CryptoCurrency:Runtime/BitcoinTool.B!DNS" },
                  { INTEL_SINKHOLE, "Trojan:Runtime/BlackholeTraffic!DNS" },
                  { INTEL_DROP_POINT, "Trojan:Runtime/DropPoint!DNS" },
                  { INTEL_PHISHING, "Trojan:Runtime/PhishingDomainRequest!DNS" },
                  { INTEL_DRIVE_BY, "Trojan:Runtime/DriveBySourceTraffic!DNS" },
                  { INTEL_DGA_KNOWN, "Trojan:Runtime/DGADomainRequest.C!DNS" },
                  { INTEL_ABUSED, "Impact:Runtime/AbusedDomainRequest.Reputation" },
                  { INTEL_MINING_LOW, "Impact:Runtime/BitcoinDomainRequest.Reputation" },
                  { INTEL_THREAT, "Impact:Runtime/MaliciousDomainRequest.Reputation" },
                  { INTEL_SUSPICIOUS, "Impact:Runtime/SuspiciousDomainRequest.Reputation" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct intel *intel = listed(cases[i].list, "evil.example");
        CHECK_INT(found(arena, intel, cases[i].type, ASKED("evil.example.")), 1);
        CHECK_INT(found(arena, intel, cases[i].type, ASKED("sub.evil.example.")), 1);
        CHECK_INT(found(arena, intel, cases[i].type, ASKED("notevil.example.")), 0);
        intel_close(intel);
    }
}

TEST(a_listed_file_that_is_run_is_a_hit)
{
    static const struct {
        enum intel_list list;
        const char *type;
    } cases[] = { { INTEL_THREAT, "Execution:Runtime/MaliciousFileExecuted" },
                  { INTEL_CUSTOM, "Execution:Runtime/MaliciousFileExecuted.Custom" },
                  { INTEL_MINING, "Impact:Runtime/CryptoMinerExecuted" },
                  { INTEL_TOOL, "Execution:Runtime/SuspiciousTool" } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct intel *intel = listed(cases[i].list, HASH_A);
        CHECK_INT(found(arena, intel, cases[i].type, RUN(HASH_A)), 1);
        CHECK_INT(found(arena, intel, cases[i].type, RUN(HASH_B)), 0);
        intel_close(intel);
    }
}

#define CALL(function, binary, args) "{\"process_kprobe\":{" PROCESS(binary) ",\"function_name\":\"" function "\",\"args\":[" args "]}" AT
#define PTRACE(binary, request) CALL("__x64_sys_ptrace", binary, "{\"int_arg\":" request "},{\"int_arg\":4}")

TEST(ptrace_is_judged_by_its_first_argument)
{
    const char *inject = "DefenseEvasion:Runtime/ProcessInjection.Ptrace";
    const char *guard = "DefenseEvasion:Runtime/PtraceAntiDebugging";
    CHECK_INT(found(arena, NULL, inject, PTRACE("/tmp/x", "5")), 1);
    CHECK_INT(found(arena, NULL, inject, PTRACE("/tmp/x", "1")), 0);
    CHECK_INT(found(arena, NULL, guard, PTRACE("/tmp/x", "0")), 1);
    CHECK_INT(found(arena, NULL, guard, PTRACE("/tmp/x", "16")), 0);
    CHECK_INT(found(arena, NULL, guard, PTRACE("/usr/bin/strace", "0")), 0);
}

#define WRITE(path) CALL("security_file_permission", "/usr/bin/wget", "{\"file_arg\":{\"path\":\"" path "\"}},{\"int_arg\":2}")
#define READ(path) CALL("security_file_permission", "/usr/bin/wget", "{\"file_arg\":{\"path\":\"" path "\"}},{\"int_arg\":4}")
#define EXEC(path) "{\"process_exec\":{" PROCESS(path) "}" AT
#define LOAD(path) "{\"process_loader\":{" PROCESS("/usr/sbin/nginx") ",\"path\":\"" path "\"}" AT

TEST(a_file_that_was_written_in_its_container_and_then_used_is_a_hit)
{
    const char *binary = "Execution:Runtime/NewBinaryExecuted";
    const char *library = "Execution:Runtime/NewLibraryLoaded";
    CHECK_INT(found(arena, NULL, binary, WRITE("/tmp/a") EXEC("/tmp/a")), 1);
    CHECK_INT(found(arena, NULL, binary, READ("/tmp/a") EXEC("/tmp/a")), 0);
    CHECK_INT(found(arena, NULL, binary, WRITE("/tmp/b") EXEC("/tmp/a")), 0);
    CHECK_INT(found(arena, NULL, library, WRITE("/tmp/a.so") LOAD("/tmp/a.so")), 1);
    CHECK_INT(found(arena, NULL, library, WRITE("/tmp/a.so") LOAD("/usr/lib/libc.so.6")), 0);
}

/* The one finding of a text, as a tree. */
static const struct json *only(struct arena *arena, const struct intel *intel, const char *text)
{
    struct harness *harness = harness_open(arena, &(struct engine_options){ .intel = intel });
    harness_feed(harness, "log", str_of(text));
    CHECK_INT(harness->count, 1);
    const struct json *finding = json_parse(arena, harness->found[0].json, NULL);
    harness_close(harness);
    return finding;
}

TEST(a_runtime_finding_says_which_process_of_which_pod)
{
    struct intel *intel = listed(INTEL_MINING, "198.51.100.7");
    const struct json *finding = only(arena, intel, CONNECT("198.51.100.7"));
    CHECK_STR(json_text(json_path(finding, "resource.resourceType")), "EKSCluster");
    const struct json *workload = json_path(finding, "resource.kubernetesDetails.kubernetesWorkloadDetails");
    CHECK_STR(json_text(json_get(workload, STR("name"))), "web-1");
    const struct json *container = json_get(workload, STR("containers"))->child;
    CHECK_STR(json_text(json_get(container, STR("containerRuntime"))), "containerd");
    CHECK_STR(json_text(json_get(container, STR("id"))), "abc");
    const struct json *process = json_path(finding, "service.runtimeDetails.process");
    CHECK_STR(json_text(json_get(process, STR("name"))), "curl");
    CHECK_STR(json_text(json_get(process, STR("executablePath"))), "/usr/bin/curl");
    CHECK_STR(json_text(json_path(finding, "service.action.networkConnectionAction.remoteIpDetails.ipAddressV4")), "198.51.100.7");
    CHECK_STR(json_text(json_path(finding, "service.resourceRole")), "ACTOR");
    CHECK_STR(json_text(json_path(finding, "service.featureName")), "RUNTIME_MONITORING");
    intel_close(intel);
}

#define SHELL(container, name)                                                                                                \
    "{\"hostname\":\"i-0123456789abcdef0\",\"output\":\"o\",\"priority\":\"Notice\",\"rule\":\"Terminal shell in container\",\"source\":"  \
    "\"syscall\",\"time\":\"2026-01-05T01:02:03.5Z\",\"output_fields\":{\"container.id\":\"" container "\",\"container.name\":\"" name "\"," \
    "\"proc.name\":\"sh\",\"proc.cmdline\":\"sh -i\",\"proc.pname\":\"runc\"}}\n"

TEST(a_finding_without_kubernetes_is_of_a_task_a_container_or_an_instance)
{
    const struct json *container = only(arena, NULL, SHELL("abc", "web"));
    CHECK_STR(json_text(json_path(container, "resource.resourceType")), "Container");
    CHECK_STR(json_text(json_path(container, "resource.containerDetails.name")), "web");
    CHECK(json_path(container, "service.action") == NULL);
    CHECK_STR(json_text(json_path(container, "service.runtimeDetails.context.commandLineExample")), "sh -i");
    CHECK_STR(json_text(json_path(only(arena, NULL, SHELL("abc", "ecs-shop-1-web")), "resource.resourceType")), "ECSCluster");
    CHECK_STR(json_text(json_path(only(arena, NULL, SHELL("host", "<NA>")), "resource.resourceType")), "Instance");
    const struct json *instance = only(arena, NULL, SHELL("host", ""));
    CHECK_STR(json_text(json_path(instance, "resource.resourceType")), "Instance");
    CHECK_STR(json_text(json_path(instance, "resource.instanceDetails.instanceId")), "i-0123456789abcdef0");
}
