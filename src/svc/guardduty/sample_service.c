#include "svc/guardduty/sample.h"

#define LIST(type, ...)                                                                                                \
    {                                                                                                                  \
        .items = (type[]){ __VA_ARGS__ }, .count = sizeof((type[]){ __VA_ARGS__ }) / sizeof(type),                     \
    }

static const struct guardduty_remote_ip_details REMOTE = {
    .city = &(const struct guardduty_city){ .city_name = STR_INIT("GeneratedFindingCityName") },
    .country = &(const struct guardduty_country){ .country_name = STR_INIT("GeneratedFindingCountryName") },
    .geo_location = &(const struct guardduty_geo_location){ .lat = SOME(0.0), .lon = SOME(0.0) },
    .ip_address_v4 = STR_INIT("198.51.100.0"),
    .organization =
        &(const struct guardduty_organization){
            .asn = STR_INIT("-1"),
            .asn_org = STR_INIT("GeneratedFindingASNOrg"),
            .isp = STR_INIT("GeneratedFindingISP"),
            .org = STR_INIT("GeneratedFindingORG"),
        },
};
static const struct guardduty_local_port_details LOCAL_PORT = { .port = SOME(39677), .port_name = STR_INIT("Unknown") };
static const struct guardduty_local_ip_details LOCAL_IP = { .ip_address_v4 = STR_INIT("10.0.0.23") };

static const struct guardduty_action API_CALL = {
    .action_type = STR_INIT("AWS_API_CALL"),
    .aws_api_call_action =
        &(const struct guardduty_aws_api_call_action){
            .api = STR_INIT("GeneratedFindingAPIName"),
            .caller_type = STR_INIT("Remote IP"),
            .error_code = STR_INIT("AccessDenied"),
            .remote_ip_details = &REMOTE,
            .service_name = STR_INIT("GeneratedFindingAPIServiceName"),
            .remote_account_details =
                &(const struct guardduty_remote_account_details){
                    .account_id = STR_INIT("123456789012"),
                    .affiliated = SOME(false),
                },
        },
};
static const struct guardduty_action CONNECTION = {
    .action_type = STR_INIT("NETWORK_CONNECTION"),
    .network_connection_action =
        &(const struct guardduty_network_connection_action){
            .blocked = SOME(false),
            .connection_direction = STR_INIT("OUTBOUND"),
            .local_port_details = &LOCAL_PORT,
            .protocol = STR_INIT("TCP"),
            .local_ip_details = &LOCAL_IP,
            .remote_ip_details = &REMOTE,
            .remote_port_details =
                &(const struct guardduty_remote_port_details){
                    .port = SOME(80),
                    .port_name = STR_INIT("HTTP"),
                },
        },
};
static const struct guardduty_action PROBE = {
    .action_type = STR_INIT("PORT_PROBE"),
    .port_probe_action =
        &(const struct guardduty_port_probe_action){
            .blocked = SOME(false),
            .port_probe_details = LIST(
                struct guardduty_port_probe_detail,
                { .local_port_details = &LOCAL_PORT, .local_ip_details = &LOCAL_IP, .remote_ip_details = &REMOTE }),
        },
};
static const struct guardduty_action LOOKUP = {
    .action_type = STR_INIT("DNS_REQUEST"),
    .dns_request_action =
        &(const struct guardduty_dns_request_action){
            .domain = STR_INIT("GeneratedFindingDomainName"),
            .protocol = STR_INIT("UDP"),
            .blocked = SOME(false),
            .domain_with_suffix = STR_INIT("GeneratedFindingDomainName.com"),
        },
};
static const struct guardduty_action KUBERNETES_CALL = {
    .action_type = STR_INIT("KUBERNETES_API_CALL"),
    .kubernetes_api_call_action =
        &(const struct guardduty_kubernetes_api_call_action){
            .request_uri = STR_INIT("GeneratedFindingRequestURI"),
            .verb = STR_INIT("create"),
            .resource = STR_INIT("GeneratedFindingResource"),
            .namespace = STR_INIT("GeneratedFindingNamespace"),
            .source_ips = LIST(struct str, STR_INIT("198.51.100.0")),
            .user_agent = STR_INIT("GeneratedFindingUserAgent"),
            .remote_ip_details = &REMOTE,
            .status_code = SOME(201),
            .parameters = STR_INIT("GeneratedFindingActionParameters"),
        },
};
static const struct guardduty_action LOGIN = {
    .action_type = STR_INIT("RDS_LOGIN_ATTEMPT"),
    .rds_login_attempt_action =
        &(const struct guardduty_rds_login_attempt_action){
            .remote_ip_details = &REMOTE,
            .login_attributes =
                LIST(struct guardduty_login_attribute, { .user = STR_INIT("GeneratedFindingUserName"),
                                                         .application = STR_INIT("GeneratedFindingApplicationName"),
                                                         .failed_login_attempts = SOME(0),
                                                         .successful_login_attempts = SOME(1) }),
        },
};
static const struct guardduty_action *const ACTIONS[] = { &API_CALL, &CONNECTION,      &PROBE,
                                                          &LOOKUP,   &KUBERNETES_CALL, &LOGIN };

const struct guardduty_action *sample_action(struct str action)
{
    for (size_t i = 0; i < COUNT_OF(ACTIONS); i++) {
        if (str_equal(ACTIONS[i]->action_type, action)) {
            return ACTIONS[i];
        }
    }
    return NULL;
}

/* SHA-256 of the EICAR test file, the harmless one that every scanner finds. */
#define EICAR_HASH "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"
static const struct guardduty_scan_detections DETECTIONS = {
    .scanned_item_count =
        &(const struct guardduty_scanned_item_count){
            .total_gb = SOME(8),
            .files = SOME(49),
            .volumes = SOME(1),
        },
    .threats_detected_item_count = &(const struct guardduty_threats_detected_item_count){ .files = SOME(1) },
    .highest_severity_threat_details =
        &(const struct guardduty_highest_severity_threat_details){
            .severity = STR_INIT("HIGH"),
            .threat_name = STR_INIT("EICAR-Test-File"),
            .count = SOME(1),
        },
    .threat_detected_by_name =
        &(const struct guardduty_threat_detected_by_name){
            .item_count = SOME(1),
            .unique_threat_name_count = SOME(1),
            .shortened = SOME(false),
            .threat_names = LIST(struct guardduty_scan_threat_name,
                                 { .name = STR_INIT("EICAR-Test-File"),
                                   .severity = STR_INIT("HIGH"),
                                   .item_count = SOME(1),
                                   .file_paths = LIST(struct guardduty_scan_file_path,
                                                      { .file_path = STR_INIT("tmp/eicar.com"),
                                                        .hash = STR_INIT(EICAR_HASH),
                                                        .file_name = STR_INIT("eicar.com"),
                                                        .volume_arn = STR_INIT("GeneratedFindingVolumeArn") }) }),
        },
};
static struct guardduty_threat THREAT = {
    .name = STR_INIT("EICAR-Test-File (not a virus)"),
    .source = STR_INIT("GUARDDUTY"),
    .count = SOME(1),
    .hash = STR_INIT(EICAR_HASH),
    .item_paths =
        LIST(struct guardduty_item_path, { .nested_item_path = STR_INIT("eicar.com"), .hash = STR_INIT(EICAR_HASH) }),
};

static void add_volume_scan(const struct sample_place *place, struct guardduty_service *service)
{
    struct guardduty_ebs_volume_scan_details *scan = ARENA_NEW(place->arena, struct guardduty_ebs_volume_scan_details);
    *scan = (struct guardduty_ebs_volume_scan_details){
        .scan_id = STR("GeneratedFindingScanId"),
        .scan_started_at = SOME(place->now_ms),
        .scan_completed_at = SOME(place->now_ms),
        .trigger_finding_id = STR("GeneratedFindingTriggerFindingId"),
        .scan_detections = &DETECTIONS,
        .scan_type = STR("GUARDDUTY_INITIATED"),
    };
    scan->sources.items = ARENA_NEW(place->arena, struct str);
    scan->sources.items[0] = STR("Amazon");
    scan->sources.count = 1;
    service->ebs_volume_scan_details = scan;
}

static void add_malware_scan(const struct sample_place *place, bool backup, struct guardduty_service *service)
{
    struct guardduty_malware_scan_details *scan = ARENA_NEW(place->arena, struct guardduty_malware_scan_details);
    scan->threats.items = &THREAT;
    scan->threats.count = 1;
    scan->unique_threat_count = (struct opt_int)SOME(1);
    if (backup) {
        scan->scan_id = STR("GeneratedFindingScanId");
        scan->scan_type = STR("BACKUP_INITIATED");
        scan->scan_category = STR("FULL_SCAN");
    }
    service->malware_scan_details = scan;
}

static void add_runtime(const struct sample_place *place, struct guardduty_service *service)
{
    static const struct guardduty_process_details PROCESS = {
        .name = STR_INIT("GeneratedFindingProcessName"),
        .executable_path = STR_INIT("/tmp/GeneratedFindingProcessName"),
        .executable_sha256 = STR_INIT("GeneratedFindingExecutableSHA256"),
        .namespace_pid = SOME(1),
        .pwd = STR_INIT("/tmp"),
        .pid = SOME(99999),
        .start_time = SOME(1470103506000),
        .uuid = STR_INIT("GeneratedFindingProcessUuid"),
        .parent_uuid = STR_INIT("GeneratedFindingParentProcessUuid"),
        .user = STR_INIT("GeneratedFindingUserName"),
        .user_id = SOME(1000),
        .euid = SOME(1000),
    };
    struct guardduty_runtime_details *details = ARENA_NEW(place->arena, struct guardduty_runtime_details);
    details->process = &PROCESS;
    service->runtime_details = details;
}

static struct guardduty_actor ACTOR = {
    .id = STR_INIT("GeneratedFindingActorId"),
    .user =
        &(const struct guardduty_user){
            .name = STR_INIT("GeneratedFindingUserName"),
            .uid = STR_INIT("GeneratedFindingPrincipalId"),
            .type = STR_INIT("IAMUser"),
            .credential_uid = STR_INIT("GeneratedFindingAccessKeyId"),
        },
};
static struct guardduty_network_endpoint ENDPOINT = {
    .id = STR_INIT("GeneratedFindingEndpointId"),
    .ip = STR_INIT("198.51.100.0"),
    .location =
        &(const struct guardduty_network_geo_location){
            .city = STR_INIT("GeneratedFindingCityName"),
            .country = STR_INIT("GeneratedFindingCountryName"),
            .latitude = SOME(0.0),
            .longitude = SOME(0.0),
        },
    .autonomous_system =
        &(const struct guardduty_autonomous_system){
            .name = STR_INIT("GeneratedFindingASNOrg"),
            .number = SOME(64496),
        },
};
static struct str TACTICS[] = { STR_INIT("Discovery"), STR_INIT("Persistence"), STR_INIT("Defense Evasion") };
static struct guardduty_indicator INDICATOR = {
    .key = STR_INIT("ATTACK_TACTIC"),
    .values = { .items = TACTICS, .count = COUNT_OF(TACTICS) },
    .title = STR_INIT("MITRE ATT&CK tactics"),
};
static const struct guardduty_resource_data KEY_DATA = {
    .access_key =
        &(const struct guardduty_access_key){
            .principal_id = STR_INIT("GeneratedFindingPrincipalId"),
            .user_name = STR_INIT("GeneratedFindingUserName"),
            .user_type = STR_INIT("IAMUser"),
        },
};

static void add_sequence(const struct sample_place *place, const struct sample_type *type,
                         struct guardduty_service *service)
{
    struct guardduty_resource_v2 *resource = ARENA_NEW(place->arena, struct guardduty_resource_v2);
    *resource = (struct guardduty_resource_v2){
        .uid = STR("GeneratedFindingAccessKeyId"),
        .name = STR("GeneratedFindingAccessKeyId"),
        .account_id = place->account,
        .resource_type = STR("ACCESS_KEY"),
        .region = place->region,
        .service = STR("iam"),
        .cloud_partition = place->partition,
        .data = &KEY_DATA,
    };
    struct guardduty_signal *signal = ARENA_NEW(place->arena, struct guardduty_signal);
    *signal = (struct guardduty_signal){
        .uid = STR("GeneratedFindingSignalId"),
        .type = STR("CLOUD_TRAIL"),
        .name = STR("GeneratedFindingAPIName"),
        .description = STR("A sample signal"),
        .created_at = SOME(place->now_ms),
        .updated_at = SOME(place->now_ms),
        .first_seen_at = SOME(place->now_ms),
        .last_seen_at = SOME(place->now_ms),
        .severity = SOME(type->severity),
        .count = SOME(1),
        .actor_ids = { .items = &ACTOR.id, .count = 1 },
        .endpoint_ids = { .items = &ENDPOINT.id, .count = 1 },
        .resource_uids = { .items = &resource->uid, .count = 1 },
        .signal_indicators = { .items = &INDICATOR, .count = 1 },
    };
    struct guardduty_sequence *sequence = ARENA_NEW(place->arena, struct guardduty_sequence);
    *sequence = (struct guardduty_sequence){
        .uid = STR("GeneratedFindingSequenceId"),
        .description = type->description,
        .actors = { .items = &ACTOR, .count = 1 },
        .endpoints = { .items = &ENDPOINT, .count = 1 },
        .resources = { .items = resource, .count = 1 },
        .signals = { .items = signal, .count = 1 },
        .sequence_indicators = { .items = &INDICATOR, .count = 1 },
    };
    struct guardduty_detection *detection = ARENA_NEW(place->arena, struct guardduty_detection);
    detection->sequence = sequence;
    service->detection = detection;
}

void sample_evidence(const struct sample_place *place, const struct sample_type *type,
                     struct guardduty_service *service)
{
    if (type->malware == SAMPLE_VOLUME_SCAN) {
        add_volume_scan(place, service);
    }
    if (type->malware == SAMPLE_OBJECT_SCAN || type->malware == SAMPLE_BACKUP_SCAN) {
        add_malware_scan(place, type->malware == SAMPLE_BACKUP_SCAN, service);
    }
    if (type->runtime) {
        add_runtime(place, service);
    }
    if (type->sequence) {
        add_sequence(place, type, service);
    }
}
