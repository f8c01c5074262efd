#include "svc/guardduty/sample.h"

struct str sample_arn(const struct sample_place *place, const char *service, const char *rest)
{
    return str_format(place->arena, "arn:%" STR_FMT ":%s:%" STR_FMT ":%" STR_FMT ":%s", STR_ARG(place->partition),
                      service, STR_ARG(place->region), STR_ARG(place->account), rest);
}

/* A list literal: LIST(struct guardduty_tag, { ... }, { ... }) fills .items and .count. */
#define LIST(type, ...)                                                                                                \
    {                                                                                                                  \
        .items = (type[]){ __VA_ARGS__ }, .count = sizeof((type[]){ __VA_ARGS__ }) / sizeof(type),                     \
    }
#define TAGS                                                                                                           \
    LIST(struct guardduty_tag, { STR_INIT("GeneratedFindingTag1"), STR_INIT("GeneratedFindingValue1") },               \
         { STR_INIT("GeneratedFindingTag2"), STR_INIT("GeneratedFindingValue2") })
#define SECURITY_GROUPS                                                                                                \
    LIST(struct guardduty_security_group, { .group_id = STR_INIT("GeneratedFindingSecurityId"),                        \
                                            .group_name = STR_INIT("GeneratedFindingSecurityGroupName") })
/* 2016-08-02T02:05:06Z */
#define LONG_AGO SOME(1470103506000)

static const struct guardduty_access_key_details ACCESS_KEY = {
    .access_key_id = STR_INIT("GeneratedFindingAccessKeyId"),
    .principal_id = STR_INIT("GeneratedFindingPrincipalId"),
    .user_name = STR_INIT("GeneratedFindingUserName"),
    .user_type = STR_INIT("IAMUser"),
};

static const struct guardduty_instance_details INSTANCE = {
    .availability_zone = STR_INIT("GeneratedFindingInstanceAvailabilityZone"),
    .image_description = STR_INIT("GeneratedFindingInstanceImageDescription"),
    .image_id = STR_INIT("ami-99999999"),
    .instance_id = STR_INIT("i-99999999"),
    .instance_state = STR_INIT("running"),
    .instance_type = STR_INIT("m3.xlarge"),
    .launch_time = STR_INIT("2016-08-02T02:05:06.000Z"),
    .network_interfaces =
        LIST(struct guardduty_network_interface,
             {
                 .ipv6_addresses = { .items = (struct str[]){ { NULL, 0 } }, .count = 0 },
                 .network_interface_id = STR_INIT("eni-bfcffe88"),
                 .private_dns_name = STR_INIT("GeneratedFindingPrivateDnsName"),
                 .private_ip_address = STR_INIT("10.0.0.1"),
                 .private_ip_addresses = LIST(struct guardduty_private_ip_address_details,
                                              { .private_dns_name = STR_INIT("GeneratedFindingPrivateName"),
                                                .private_ip_address = STR_INIT("10.0.0.1") }),
                 .public_dns_name = STR_INIT("GeneratedFindingPublicDNSName"),
                 .public_ip = STR_INIT("198.51.100.0"),
                 .security_groups = SECURITY_GROUPS,
                 .subnet_id = STR_INIT("GeneratedFindingSubnetId"),
                 .vpc_id = STR_INIT("GeneratedFindingVPCId"),
             }),
    .product_codes =
        LIST(struct guardduty_product_code, { .code = STR_INIT("GeneratedFindingProductCodeId"),
                                              .product_type = STR_INIT("GeneratedFindingProductCodeType") }),
    .tags = TAGS,
};

#define OBJECT_ARN "arn:aws:s3:::amzn-s3-demo-bucket/GeneratedFindingObjectKey"
static const struct guardduty_s3_bucket_detail BUCKET = {
    .arn = STR_INIT("arn:aws:s3:::amzn-s3-demo-bucket"),
    .name = STR_INIT("amzn-s3-demo-bucket"),
    .type = STR_INIT("Destination"),
    .created_at = LONG_AGO,
    .owner = &(const struct guardduty_owner){ .id = STR_INIT("CanonicalId of Owner") },
    .tags = TAGS,
    .default_server_side_encryption =
        &(const struct guardduty_default_server_side_encryption){
            .encryption_type = STR_INIT("SSEAlgorithm"),
        },
    .public_access = &(const struct guardduty_public_access){ .effective_permission = STR_INIT("NOT_PUBLIC") },
};

static const struct guardduty_container CONTAINER = {
    .container_runtime = STR_INIT("docker"),
    .id = STR_INIT("GeneratedFindingContainerId"),
    .name = STR_INIT("GeneratedFindingContainerName"),
    .image = STR_INIT("GeneratedFindingContainerImage"),
    .image_prefix = STR_INIT("GeneratedFindingContainerImagePrefix"),
    .security_context = &(const struct guardduty_security_context){ .privileged = SOME(true) },
};

static const struct guardduty_kubernetes_details KUBERNETES = {
    .kubernetes_user_details =
        &(const struct guardduty_kubernetes_user_details){
            .username = STR_INIT("GeneratedFindingUserName"),
            .uid = STR_INIT("GeneratedFindingUID"),
            .groups = LIST(struct str, STR_INIT("GeneratedFindingUserGroup")),
        },
    .kubernetes_workload_details =
        &(const struct guardduty_kubernetes_workload_details){
            .name = STR_INIT("GeneratedFindingKubernetesWorkloadName"),
            .type = STR_INIT("pods"),
            .uid = STR_INIT("GeneratedFindingKubernetesWorkloadUID"),
            .namespace = STR_INIT("default"),
            .host_network = SOME(false),
            .containers = LIST(struct guardduty_container, { .name = STR_INIT("GeneratedFindingContainerName"),
                                                             .image = STR_INIT("GeneratedFindingContainerImage") }),
        },
};

static const struct guardduty_eks_cluster_details EKS = {
    .name = STR_INIT("GeneratedFindingEKSClusterName"),
    .vpc_id = STR_INIT("GeneratedFindingEKSClusterVpcId"),
    .status = STR_INIT("ACTIVE"),
    .tags = TAGS,
    .created_at = LONG_AGO,
};

static const struct guardduty_ecs_cluster_details ECS = {
    .name = STR_INIT("GeneratedFindingECSClusterName"),
    .status = STR_INIT("ACTIVE"),
    .active_services_count = SOME(1),
    .registered_container_instances_count = SOME(1),
    .running_tasks_count = SOME(1),
    .tags = TAGS,
};

static const struct guardduty_ecs_task_details ECS_TASK = {
    .version = STR_INIT("1"),
    .task_created_at = LONG_AGO,
    .started_at = LONG_AGO,
    .started_by = STR_INIT("GeneratedFindingECSTaskStartedBy"),
    .containers = LIST(struct guardduty_container, { .name = STR_INIT("GeneratedFindingContainerName"),
                                                     .image = STR_INIT("GeneratedFindingContainerImage") }),
    .group = STR_INIT("family:GeneratedFindingECSTaskFamily"),
    .launch_type = STR_INIT("EC2"),
};

static const struct guardduty_lambda_details LAMBDA = {
    .function_name = STR_INIT("GeneratedFindingLambdaFunctionName"),
    .description = STR_INIT("GeneratedFindingLambdaFunctionDescription"),
    .last_modified_at = LONG_AGO,
    .revision_id = STR_INIT("GeneratedFindingLambdaRevisionId"),
    .function_version = STR_INIT("$LATEST"),
    .vpc_config =
        &(const struct guardduty_vpc_config){
            .subnet_ids = LIST(struct str, STR_INIT("GeneratedFindingSubnetId")),
            .vpc_id = STR_INIT("GeneratedFindingVPCId"),
            .security_groups = SECURITY_GROUPS,
        },
    .tags = TAGS,
};

static const struct guardduty_rds_db_instance_details DATABASE = {
    .db_instance_identifier = STR_INIT("generatedfindingdbinstanceid"),
    .engine = STR_INIT("Aurora PostgreSQL"),
    .engine_version = STR_INIT("13.6"),
    .db_cluster_identifier = STR_INIT("generatedfindingdbclusterid"),
    .tags = TAGS,
};

static const struct guardduty_rds_db_user_details DB_USER = {
    .user = STR_INIT("GeneratedFindingUserName"),
    .application = STR_INIT("GeneratedFindingApplicationName"),
    .database = STR_INIT("GeneratedFindingDatabaseName"),
    .ssl = STR_INIT("GeneratedFindingSSLProtocol"),
    .auth_method = STR_INIT("Iam"),
};

static void add_access_key(const struct sample_place *place, struct guardduty_resource *out)
{
    (void)place;
    out->access_key_details = &ACCESS_KEY;
}

static void add_instance(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_iam_instance_profile *profile = ARENA_NEW(place->arena, struct guardduty_iam_instance_profile);
    struct guardduty_instance_details *instance = ARENA_NEW(place->arena, struct guardduty_instance_details);
    profile->id = STR("GeneratedFindingInstanceProfileId");
    profile->arn = str_format(place->arena, "arn:%" STR_FMT ":iam::%" STR_FMT ":example/instance/profile",
                              STR_ARG(place->partition), STR_ARG(place->account));
    *instance = INSTANCE;
    instance->iam_instance_profile = profile;
    instance->outpost_arn = sample_arn(place, "outposts", "outpost/op-0fbc006e9abbc73c3");
    out->instance_details = instance;
}

static void add_bucket(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_s3_bucket_detail *bucket = ARENA_NEW(place->arena, struct guardduty_s3_bucket_detail);
    *bucket = BUCKET;
    out->s3_bucket_details.items = bucket;
    out->s3_bucket_details.count = 1;
}

static void add_object(const struct sample_place *place, struct guardduty_resource *out)
{
    static struct guardduty_s3_object_detail OBJECT = {
        .object_arn = STR_INIT(OBJECT_ARN),
        .key = STR_INIT("GeneratedFindingObjectKey"),
        .e_tag = STR_INIT("GeneratedFindingETag"),
        .hash = STR_INIT("GeneratedFindingHash"),
        .version_id = STR_INIT("GeneratedFindingVersionId"),
    };
    add_bucket(place, out);
    out->s3_bucket_details.items[0].s3_object_details.items = &OBJECT;
    out->s3_bucket_details.items[0].s3_object_details.count = 1;
}

static void add_eks(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_eks_cluster_details *cluster = ARENA_NEW(place->arena, struct guardduty_eks_cluster_details);
    *cluster = EKS;
    cluster->arn = sample_arn(place, "eks", "cluster/GeneratedFindingEKSClusterName");
    out->eks_cluster_details = cluster;
    out->kubernetes_details = &KUBERNETES;
    out->access_key_details = &ACCESS_KEY;
}

static void add_ecs(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_ecs_cluster_details *cluster = ARENA_NEW(place->arena, struct guardduty_ecs_cluster_details);
    struct guardduty_ecs_task_details *task = ARENA_NEW(place->arena, struct guardduty_ecs_task_details);
    *task = ECS_TASK;
    task->arn = sample_arn(place, "ecs", "task/GeneratedFindingECSClusterName/GeneratedFindingECSTaskId");
    task->definition_arn = sample_arn(place, "ecs", "task-definition/GeneratedFindingECSTaskFamily:1");
    *cluster = ECS;
    cluster->arn = sample_arn(place, "ecs", "cluster/GeneratedFindingECSClusterName");
    cluster->task_details = task;
    out->ecs_cluster_details = cluster;
}

static void add_container(const struct sample_place *place, struct guardduty_resource *out)
{
    (void)place;
    out->container_details = &CONTAINER;
}

static void add_lambda(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_lambda_details *function = ARENA_NEW(place->arena, struct guardduty_lambda_details);
    *function = LAMBDA;
    function->function_arn = sample_arn(place, "lambda", "function:GeneratedFindingLambdaFunctionName");
    function->role = str_format(place->arena, "arn:%" STR_FMT ":iam::%" STR_FMT ":role/GeneratedFindingLambdaRole",
                                STR_ARG(place->partition), STR_ARG(place->account));
    out->lambda_details = function;
}

static void add_database(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_rds_db_instance_details *database =
        ARENA_NEW(place->arena, struct guardduty_rds_db_instance_details);
    *database = DATABASE;
    database->db_instance_arn = sample_arn(place, "rds", "db:generatedfindingdbinstanceid");
    out->rds_db_instance_details = database;
    out->rds_db_user_details = &DB_USER;
}

static void add_snapshot(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_ebs_snapshot_details *snapshot = ARENA_NEW(place->arena, struct guardduty_ebs_snapshot_details);
    snapshot->snapshot_arn = sample_arn(place, "ec2", "snapshot/snap-12345678901234567");
    out->ebs_snapshot_details = snapshot;
}

static void add_image(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_ec2_image_details *image = ARENA_NEW(place->arena, struct guardduty_ec2_image_details);
    image->image_arn = sample_arn(place, "ec2", "image/ami-99999999");
    out->ec2_image_details = image;
}

static void add_recovery_point(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_recovery_point_details *point = ARENA_NEW(place->arena, struct guardduty_recovery_point_details);
    point->recovery_point_arn = sample_arn(place, "backup", "recovery-point:GeneratedFindingRecoveryPointId");
    point->backup_vault_name = STR("GeneratedFindingBackupVaultName");
    out->recovery_point_details = point;
}

static void add_volumes(const struct sample_place *place, struct guardduty_resource *out)
{
    struct guardduty_ebs_volume_details *details = ARENA_NEW(place->arena, struct guardduty_ebs_volume_details);
    struct guardduty_volume_detail *volume = ARENA_NEW(place->arena, struct guardduty_volume_detail);
    *volume = (struct guardduty_volume_detail){
        .volume_arn = sample_arn(place, "ec2", "volume/vol-09d5050dea915943d"),
        .volume_type = STR("gp2"),
        .device_name = STR("GeneratedFindingDeviceName"),
        .volume_size_in_gb = SOME(8),
        .encryption_type = STR("UNENCRYPTED"),
        .snapshot_arn = sample_arn(place, "ec2", "snapshot/snap-12345678901234567"),
    };
    details->scanned_volume_details.items = volume;
    details->scanned_volume_details.count = 1;
    out->ebs_volume_details = details;
}

static const struct {
    struct str type;
    void (*add)(const struct sample_place *place, struct guardduty_resource *out);
} RESOURCES[] = {
    { STR_INIT("AccessKey"), add_access_key },   { STR_INIT("Instance"), add_instance },
    { STR_INIT("S3Bucket"), add_bucket },        { STR_INIT("S3Object"), add_object },
    { STR_INIT("EKSCluster"), add_eks },         { STR_INIT("ECSCluster"), add_ecs },
    { STR_INIT("Container"), add_container },    { STR_INIT("Lambda"), add_lambda },
    { STR_INIT("RDSDBInstance"), add_database }, { STR_INIT("EBSSnapshot"), add_snapshot },
    { STR_INIT("EC2Image"), add_image },         { STR_INIT("RecoveryPoint"), add_recovery_point },
};

const struct guardduty_resource *sample_resource(const struct sample_place *place, const struct sample_type *type)
{
    struct guardduty_resource *resource = ARENA_NEW(place->arena, struct guardduty_resource);
    resource->resource_type = type->resource_type;
    for (size_t i = 0; i < COUNT_OF(RESOURCES); i++) {
        if (str_equal(RESOURCES[i].type, type->resource_type)) {
            RESOURCES[i].add(place, resource);
        }
    }
    if (str_equal(type->action, STR("AWS_API_CALL"))) {
        resource->access_key_details = &ACCESS_KEY;
    }
    if (type->malware == SAMPLE_VOLUME_SCAN) {
        add_volumes(place, resource);
    }
    return resource;
}
