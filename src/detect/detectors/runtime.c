/* runtime.c - processes that speak to listed addresses, ask for listed names, or are listed themselves.
 * spec: GuardDuty user guide, Runtime Monitoring types. Falco and Tetragon see connections and names, auditd addresses alone;
 * hashes come with Tetragon's LSM events (IMA). A relay of Tor is one that accepts connections from others of them. */
#include "detect/detectors.h"
#include "detect/detectors/listed.h"

static bool accepts(const struct event *ev)
{
    return str_starts(event_get(ev, FIELD_METHOD), STR("accept")) || str_ends(event_get(ev, FIELD_SUBRESOURCE), STR("_accept"));
}

static bool has_peer(const struct event *ev) { return event_get(ev, FIELD_IP).len > 0 && !accepts(ev); }

static bool has_guest(const struct event *ev) { return event_get(ev, FIELD_IP).len > 0 && accepts(ev); }

static bool has_name(const struct event *ev) { return event_get(ev, FIELD_QUERY).len > 0; }

static bool has_hash(const struct event *ev) { return event_get(ev, FIELD_HASH).len > 0; }

#define WATCH(name_, id_, type_, severity_, lists_, asks_, wants_, title_)                                                 \
    static bool inspect_##name_(const struct event *ev, void *memory, const struct intel *intel, struct verdict *verdict)  \
    {                                                                                                                      \
        (void)memory;                                                                                                      \
        return asks_(ev, intel, lists_, verdict);                                                                          \
    }                                                                                                                      \
    const struct detector name_ = {                                                                                        \
        .detection = {                                                                                                     \
            .id = STR_INIT(id_),                                                                                           \
            .type = STR_INIT(type_),                                                                                       \
            .severity = severity_,                                                                                         \
            .resource = STR_INIT("Instance"),                                                                              \
            .title = STR_INIT(title_ " (${resource})."),                                                                   \
            .description = STR_INIT("A process of ${resource} did it: ${why}."),                                           \
        },                                                                                                                 \
        .source = SOURCE_FALCO,                                                                                            \
        .also = 1u << SOURCE_TETRAGON | 1u << SOURCE_AUDITD,                                                               \
        .attempts = true,                                                                                                  \
        .needs = lists_,                                                                                                   \
        .wants = wants_,                                                                                                   \
        .inspect = inspect_##name_,                                                                                        \
    }
#define PEER(name_, id_, type_, severity_, lists_, title_) \
    WATCH(name_, id_, type_, severity_, lists_, listed_address, has_peer, title_)
#define NAME(name_, id_, type_, severity_, lists_, title_) WATCH(name_, id_, type_, severity_, lists_, listed_name, has_name, title_)
#define FILE_(name_, id_, type_, severity_, lists_, title_) WATCH(name_, id_, type_, severity_, lists_, listed_hash, has_hash, title_)

PEER(RUNTIME_COMMAND, "runtime-command", "Backdoor:Runtime/C&CActivity.B", 8, INTEL_COMMAND, "A process spoke to a command and control server");
PEER(RUNTIME_MINING, "runtime-mining", "CryptoCurrency:Runtime/BitcoinTool.B", 8, INTEL_MINING, "A process spoke to a mining pool");
PEER(RUNTIME_SINKHOLE, "runtime-sinkhole", "Trojan:Runtime/BlackholeTraffic", 5, INTEL_SINKHOLE, "A process spoke to a sinkhole");
PEER(RUNTIME_DROP_POINT, "runtime-drop-point", "Trojan:Runtime/DropPoint", 5, INTEL_DROP_POINT, "A process spoke to a collector of stolen data");
PEER(RUNTIME_TOR_CLIENT, "runtime-tor-client", "UnauthorizedAccess:Runtime/TorClient", 8, INTEL_TOR_RELAY, "A process spoke to the Tor network");
WATCH(RUNTIME_TOR_RELAY, "runtime-tor-relay", "UnauthorizedAccess:Runtime/TorRelay", 8, INTEL_TOR_RELAY, listed_address, has_guest,
      "A process serves the Tor network");

NAME(RUNTIME_COMMAND_NAME, "runtime-command-name", "Backdoor:Runtime/C&CActivity.B!DNS", 8, INTEL_COMMAND, "A process asked for the name of a command and control server");
NAME(RUNTIME_MINING_NAME, "runtime-mining-name", "CryptoCurrency:Runtime/BitcoinTool.B!DNS", 8, INTEL_MINING, "A process asked for the name of a mining pool");
NAME(RUNTIME_SINKHOLE_NAME, "runtime-sinkhole-name", "Trojan:Runtime/BlackholeTraffic!DNS", 5, INTEL_SINKHOLE, "A process asked for a name that was seized");
NAME(RUNTIME_DROP_POINT_NAME, "runtime-drop-point-name", "Trojan:Runtime/DropPoint!DNS", 5, INTEL_DROP_POINT, "A process asked for the name of a collector of stolen data");
NAME(RUNTIME_PHISHING, "runtime-phishing", "Trojan:Runtime/PhishingDomainRequest!DNS", 8, INTEL_PHISHING, "A process asked for a name used for phishing");
NAME(RUNTIME_DRIVE_BY, "runtime-drive-by", "Trojan:Runtime/DriveBySourceTraffic!DNS", 8, INTEL_DRIVE_BY, "A process asked for a name that serves drive-by downloads");
NAME(RUNTIME_DGA, "runtime-dga", "Trojan:Runtime/DGADomainRequest.C!DNS", 8, INTEL_DGA_KNOWN, "A process asked for a generated name");
NAME(RUNTIME_ABUSED, "runtime-abused", "Impact:Runtime/AbusedDomainRequest.Reputation", 5, INTEL_ABUSED, "A process asked for a name that is often abused");
NAME(RUNTIME_MINING_LOW, "runtime-mining-low", "Impact:Runtime/BitcoinDomainRequest.Reputation", 8, INTEL_MINING_LOW, "A process asked for a dubious name about cryptocurrencies");
NAME(RUNTIME_MALICIOUS_NAME, "runtime-malicious-name", "Impact:Runtime/MaliciousDomainRequest.Reputation", 5, INTEL_THREAT, "A process asked for a name known to be malicious");
NAME(RUNTIME_SUSPICIOUS_NAME, "runtime-suspicious-name", "Impact:Runtime/SuspiciousDomainRequest.Reputation", 2, INTEL_SUSPICIOUS, "A process asked for a suspicious name");

FILE_(RUNTIME_MALICIOUS_FILE, "runtime-malicious-file", "Execution:Runtime/MaliciousFileExecuted", 8, INTEL_THREAT | INTEL_COMMAND, "A file known to be malicious was run");
FILE_(RUNTIME_CUSTOM_FILE, "runtime-custom-file", "Execution:Runtime/MaliciousFileExecuted.Custom", 8, INTEL_CUSTOM, "A file on your own threat list was run");
FILE_(RUNTIME_MINER_FILE, "runtime-miner-file", "Impact:Runtime/CryptoMinerExecuted", 8, INTEL_MINING, "A file known for mining was run");
FILE_(RUNTIME_TOOL_FILE, "runtime-tool-file", "Execution:Runtime/SuspiciousTool", 5, INTEL_TOOL, "A file known as an attack tool was run");
