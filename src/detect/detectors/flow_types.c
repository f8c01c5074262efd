#include "detect/detectors/flow_types.h"

/* What decided it comes with each hit; the title says what it means. */
#define SHARED(name_, id_, type_, severity_, resource_, needs_, learns_, title_, description_)            \
    const struct detector name_ = {                                                                       \
        .detection = {                                                                                    \
            .id = STR_INIT(id_),                                                                          \
            .type = STR_INIT(type_),                                                                      \
            .severity = severity_,                                                                        \
            .resource = STR_INIT(resource_),                                                              \
            .title = STR_INIT(title_),                                                                    \
            .description = STR_INIT(description_ ": ${why}."),                                            \
        },                                                                                                \
        .source = SOURCE_FLOW,                                                                            \
        .needs = needs_,                                                                                  \
        .learns = learns_,                                                                                \
        .shared = true,                                                                                   \
    }
#define INSTANCE(name_, id_, type_, severity_, needs_, title_) \
    SHARED(name_, id_, type_, severity_, "Instance", needs_, false, "The EC2 instance ${resource} " title_ ".", "The EC2 instance ${resource} " title_)
#define LEARNED(name_, id_, type_, severity_, title_) \
    SHARED(name_, id_, type_, severity_, "Instance", 0, true, "The EC2 instance ${resource} " title_ ".", "The EC2 instance ${resource} " title_)
#define FUNCTION(name_, id_, type_, severity_, needs_, title_) \
    SHARED(name_, id_, type_, severity_, "Lambda", needs_, false, "The Lambda function ${resource} " title_ ".", "The Lambda function ${resource} " title_)

INSTANCE(FLOW_COMMAND, "flow-command", "Backdoor:EC2/C&CActivity.B", 8, 0, "talks to what looks like a command-and-control server");
INSTANCE(FLOW_MINING, "flow-mining", "CryptoCurrency:EC2/BitcoinTool.B", 8, 0, "takes part in cryptocurrency activity");
INSTANCE(FLOW_BLACKHOLE, "flow-blackhole", "Trojan:EC2/BlackholeTraffic", 5, INTEL_SINKHOLE, "talks to a sinkhole");
INSTANCE(FLOW_DROP_POINT, "flow-drop-point", "Trojan:EC2/DropPoint", 5, INTEL_DROP_POINT, "talks to an address where stolen data is collected");
INSTANCE(FLOW_CUSTOM, "flow-custom-list", "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", 5, INTEL_CUSTOM, "talks with an address on your threat list");
INSTANCE(FLOW_TOR_CLIENT, "flow-tor-client", "UnauthorizedAccess:EC2/TorClient", 8, INTEL_TOR_RELAY, "connects to the Tor network");
INSTANCE(FLOW_TOR_RELAY, "flow-tor-relay", "UnauthorizedAccess:EC2/TorRelay", 8, INTEL_TOR_RELAY, "behaves as a relay of the Tor network");
INSTANCE(FLOW_PORT_SCAN, "flow-port-scan", "Recon:EC2/Portscan", 5, 0, "scans the ports of a host");
INSTANCE(FLOW_PORT_SWEEP, "flow-port-sweep", "Impact:EC2/PortSweep", 8, 0, "probes a port of many public hosts");
INSTANCE(FLOW_PORT_PROBE, "flow-port-probe", "Recon:EC2/PortProbeUnprotectedPort", 2, 0, "has an unprotected port that a known scanner probes");
INSTANCE(FLOW_EMR_PROBE, "flow-emr-probe", "Recon:EC2/PortProbeEMRUnprotectedPort", 8, 0, "has an unprotected port of EMR that a known scanner probes");
INSTANCE(FLOW_SSH_GUESS, "flow-ssh-guess", "UnauthorizedAccess:EC2/SSHBruteForce", 2, 0, "is part of an attempt to guess passwords over SSH");
INSTANCE(FLOW_RDP_GUESS, "flow-rdp-guess", "UnauthorizedAccess:EC2/RDPBruteForce", 2, 0, "is part of an attempt to guess passwords over RDP");
INSTANCE(FLOW_WINRM_GUESS, "flow-winrm-guess", "Impact:EC2/WinRMBruteForce", 2, 0, "is part of an attempt to guess passwords over Windows Remote Management");
INSTANCE(FLOW_FLOOD_DNS, "flow-flood-dns", "Backdoor:EC2/DenialOfService.Dns", 8, 0, "may be used for a denial of service over DNS");
INSTANCE(FLOW_FLOOD_TCP, "flow-flood-tcp", "Backdoor:EC2/DenialOfService.Tcp", 8, 0, "may be used for a denial of service over TCP");
INSTANCE(FLOW_FLOOD_UDP, "flow-flood-udp", "Backdoor:EC2/DenialOfService.Udp", 8, 0, "may be used for a denial of service over UDP");
INSTANCE(FLOW_FLOOD_UDP_ON_TCP, "flow-flood-udp-on-tcp", "Backdoor:EC2/DenialOfService.UdpOnTcpPorts", 8, 0, "may be used for a denial of service over UDP at a port of TCP");
INSTANCE(FLOW_FLOOD_PROTOCOL, "flow-flood-protocol", "Backdoor:EC2/DenialOfService.UnusualProtocol", 8, 0, "may be used for a denial of service over an unusual protocol");
INSTANCE(FLOW_FLOODED, "flow-flooded", "Impact:EC2/DenialOfServiceTarget.Yagura", 5, 0, "is flooded from outside");
INSTANCE(FLOW_SPAM, "flow-spam", "Backdoor:EC2/Spambot", 5, 0, "mails to many servers by itself, as spam is sent");
LEARNED(FLOW_UNUSUAL_PORT, "flow-unusual-port", "Behavior:EC2/NetworkPortUnusual", 5, "talks to a host on a port it does not use otherwise");
LEARNED(FLOW_FIRST_PEER, "flow-first-peer", "Behavior:EC2/FirstSeenPeer.Yagura", 2, "talks to a host that is new to it");
LEARNED(FLOW_UNUSUAL_VOLUME, "flow-unusual-volume", "Behavior:EC2/TrafficVolumeUnusual", 5, "sends a host far more than it usually sends");
LEARNED(FLOW_UNUSUAL_RESOLVER, "flow-unusual-resolver", "DefenseEvasion:EC2/UnusualDNSResolver", 5, "asks a public DNS resolver it did not use before");
LEARNED(FLOW_UNUSUAL_DOH, "flow-unusual-doh", "DefenseEvasion:EC2/UnusualDoHActivity", 5, "speaks DNS over HTTPS with a public resolver, which it did not before");
LEARNED(FLOW_UNUSUAL_DOT, "flow-unusual-dot", "DefenseEvasion:EC2/UnusualDoTActivity", 5, "speaks DNS over TLS with a public resolver, which it did not before");

FUNCTION(LAMBDA_COMMAND, "lambda-command", "Backdoor:Lambda/C&CActivity.B", 8, INTEL_COMMAND, "talks to a command-and-control server");
FUNCTION(LAMBDA_MINING, "lambda-mining", "CryptoCurrency:Lambda/BitcoinTool.B", 8, INTEL_MINING, "talks to an address tied to cryptocurrency activity");
FUNCTION(LAMBDA_BLACKHOLE, "lambda-blackhole", "Trojan:Lambda/BlackholeTraffic", 5, INTEL_SINKHOLE, "talks to a sinkhole");
FUNCTION(LAMBDA_DROP_POINT, "lambda-drop-point", "Trojan:Lambda/DropPoint", 5, INTEL_DROP_POINT, "talks to an address where stolen data is collected");
FUNCTION(LAMBDA_CUSTOM, "lambda-custom-list", "UnauthorizedAccess:Lambda/MaliciousIPCaller.Custom", 5, INTEL_CUSTOM, "talks with an address on your threat list");
FUNCTION(LAMBDA_TOR_CLIENT, "lambda-tor-client", "UnauthorizedAccess:Lambda/TorClient", 8, INTEL_TOR_RELAY, "connects to the Tor network");
FUNCTION(LAMBDA_TOR_RELAY, "lambda-tor-relay", "UnauthorizedAccess:Lambda/TorRelay", 8, INTEL_TOR_RELAY, "behaves as a relay of the Tor network");
