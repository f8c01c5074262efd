"""IAM as AWS answered it."""

import json

from recorded import case

TESTS = "test_iam.py::"
ROLES = TESTS + "TestIAMServiceRoles::"
CREDENTIALS = TESTS + "TestIAMServiceSpecificCredentials::"
RESOURCES = "resource_providers/test_iam.py::"
USERS = "resource_providers/aws_iam_user/test_basic_user.py::"
ONE_ROLE_EACH = """accountdiscovery.ssm acm appmesh autoscaling-plans backup batch cassandra.application-autoscaling cks.kms
    cloudtrail codestar-notifications config dms dms-fleet-advisor docdb-elastic ec2-instance-connect
    ec2.application-autoscaling ecr ecs eks eks-connector eks-fargate eks-nodegroup elasticache elasticbeanstalk
    elasticfilesystem elasticloadbalancing email.cognito-idp emr-containers emrwal fis grafana imagebuilder
    iotmanagedintegrations kafka kafkaconnect lakeformation lex lightsail m2 memorydb mq mrk.kms notifications
    observability.aoss opensearchservice ops.apigateway ops.emr-serverless opsdatasync.ssm opsinsights.ssm
    pullthroughcache.ecr ram rds redshift replication.cassandra replication.ecr repository.sync.codeconnections
    resource-explorer-2 rolesanywhere s3-outposts ses shield ssm ssm-incidents ssm-quicksetup sso vpcorigin.cloudfront
    waf wafv2""".split()


def trust(service="ec2.amazonaws.com", **condition):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **condition}]})


def role(aws, document, **more):
    iam, name = aws.client("iam"), aws.name("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document, **more)
    aws.later(iam.delete_role, RoleName=name)
    return name, made


def user(aws, **more):
    iam, name = aws.client("iam"), more.pop("UserName", None) or aws.name("user")
    made = iam.create_user(UserName=name, **more)
    aws.later(iam.delete_user, UserName=name)
    return name, made


@case(TESTS + "TestIAMExtensions::test_create_role_with_malformed_assume_role_policy_document")
def malformed_trust(aws):
    return {"invalid-json": aws.refused(aws.client("iam").create_role, RoleName=aws.name(),
                                        AssumeRolePolicyDocument=trust()[:-1])}


@case(TESTS + "TestIAMIntegrations::test_create_describe_role")
def a_role_three_times(aws):
    iam, prefix = aws.client("iam"), f"/{aws.name('path')}/"
    name, made = role(aws, trust(), Path=prefix)
    return {"create_role_result": made, "get_role_result": iam.get_role(RoleName=name),
            "list_roles_result": iam.list_roles(PathPrefix=prefix)}


@case(TESTS + "TestIAMIntegrations::test_delete_non_existent_policy_returns_no_such_entity")
def no_such_policy(aws):
    return {"delete-non-existent-policy-exc": aws.refused(
        aws.client("iam").delete_policy, PolicyArn=f"arn:aws:iam::{aws.account}:policy/non-existent-policy")}


@case(TESTS + "TestIAMIntegrations::test_update_assume_role_policy")
def trust_is_replaced(aws):
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}}]})
    name, made = role(aws, document)
    return {"created_role": made,
            "updated_policy": aws.client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=document)}


@case(TESTS + "TestIAMPolicyEncoding::test_put_role_policy_encoding")
def percent_signs_stay(aws):
    iam, path = aws.client("iam"), f"/{aws.name('path')}/"
    arn = f"arn%3Aaws%3Aapigateway%3A{aws.region}%3A%3A%2Frestapis%2Faaeeieije"
    name, made = role(aws, trust("lambda.amazonaws.com", Condition={"StringEquals": {"aws:SourceArn": arn}}), Path=path)
    policy = aws.name("policy")
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": ["apigatway:PUT"],
            "Resource": [f"arn:aws:apigateway:{aws.region}::/tags/{arn}"]}]}))
    aws.later(iam.delete_role_policy, RoleName=name, PolicyName=policy)
    return {"create-role-response": made, "get-policy-response": iam.get_role_policy(RoleName=name, PolicyName=policy),
            "get-role-response": iam.get_role(RoleName=name), "list-roles-response": iam.list_roles(PathPrefix=path)}


@case(TESTS + "TestRoles::test_role_with_tags")
def tags_of_a_role(aws):
    iam, path = aws.client("iam"), "/role-with-tags/"
    name, made = role(aws, trust(), Path=path, Tags=[{"Key": "test", "Value": "value"}])
    return {"create-role-response": made, "get-role-response": iam.get_role(RoleName=name),
            "list-role-response": iam.list_roles(PathPrefix=path)}


@case(TESTS + "TestIAMIntegrations::test_simulate_principle_policy[user]", "user")
@case(TESTS + "TestIAMIntegrations::test_simulate_principle_policy[group]", "group")
@case(TESTS + "TestIAMIntegrations::test_simulate_principle_policy[role]", "role")
def simulated(aws, kind):
    iam, organizations, name, policy = aws.client("iam"), aws.client("organizations"), aws.name(kind), aws.name("policy")
    organizations.create_organization(FeatureSet="ALL")  # as the account was in one
    aws.later(organizations.delete_organization)
    document = json.dumps({"Version": "2012-10-17", "Statement": [  # no recording holds it, only where it begins and ends
        {"Effect": "Allow", "Action": "s3:PutOb*", "Resource": "arn:aws:s3:::*"}]})
    arn = iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
    aws.later(iam.delete_policy, PolicyArn=arn)
    named = {kind.capitalize() + "Name": name}
    more = {"AssumeRolePolicyDocument": trust()} if kind == "role" else {}
    source = getattr(iam, f"create_{kind}")(**named, **more)[kind.capitalize()]["Arn"]
    aws.later(getattr(iam, f"delete_{kind}"), **named)
    getattr(iam, f"attach_{kind}_policy")(**named, PolicyArn=arn)
    aws.later(getattr(iam, f"detach_{kind}_policy"), **named, PolicyArn=arn)
    return {"response": iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=["s3:PutObject", "s3:GetObjectVersion"], ResourceArns=["arn:aws:s3:::bucket"])}


@case(CREDENTIALS + "test_create_service_specific_credential_invalid_service")
def services_without_credentials(aws):
    iam, (name, made) = aws.client("iam"), user(aws)
    create = lambda service: aws.refused(iam.create_service_specific_credential, UserName=name, ServiceName=service)
    return {"create-user-response": made, "invalid-service-exception": create("nonexistentservice.amazonaws.com"),
            "invalid-service-completely-malformed-exception": create("o3on3n3onosneo"),
            "invalid-service-existing-but-unsupported-exception": create("lambda.amazonaws.com")}


@case(CREDENTIALS + "test_create_service_specific_credential_invalid_user")
def users_come_first(aws):
    create = lambda service: aws.refused(aws.client("iam").create_service_specific_credential,
                                         UserName="non-existent-user", ServiceName=service)
    return {"invalid-user-name-exception": create("codecommit.amazonaws.com"),
            "invalid-user-and-service-exception": create("nonexistentservice.amazonaws.com")}


@case(CREDENTIALS + "test_user_match_id_mismatch[totally-wrong-credential-id-with-hyphens]",
      "totally-wrong-credential-id-with-hyphens")
@case(CREDENTIALS + "test_user_match_id_mismatch[satisfiesregexbutstillinvalid]", "satisfiesregexbutstillinvalid")
def no_such_credential(aws, wrong):
    iam, (name, made) = aws.client("iam"), user(aws)
    created = iam.create_service_specific_credential(UserName=name, ServiceName="codecommit.amazonaws.com")
    aws.later(iam.delete_service_specific_credential, UserName=name,
              ServiceSpecificCredentialId=created["ServiceSpecificCredential"]["ServiceSpecificCredentialId"])
    named = {"UserName": name, "ServiceSpecificCredentialId": wrong}
    return {"create-user-response": made, "create-service-specific-credential-response": created,
            "update-wrong-id": aws.refused(iam.update_service_specific_credential, **named, Status="Inactive"),
            "reset-wrong-id": aws.refused(iam.reset_service_specific_credential, **named),
            "delete-wrong-id": aws.refused(iam.delete_service_specific_credential, **named)}


@case(ROLES + "test_service_role_lifecycle_custom_suffix[autoscaling.amazonaws.com]", "autoscaling.amazonaws.com")
@case(ROLES + "test_service_role_lifecycle_custom_suffix[connect.amazonaws.com]", "connect.amazonaws.com")
@case(ROLES + "test_service_role_lifecycle_custom_suffix[lexv2.amazonaws.com]", "lexv2.amazonaws.com")
def a_suffix(aws, service):
    iam, suffix = aws.client("iam"), aws.name("x").replace("-", "")
    name = iam.create_service_linked_role(AWSServiceName=service, CustomSuffix=suffix)["Role"]["RoleName"]
    aws.later(iam.delete_service_linked_role, RoleName=name)
    return {"describe-response": iam.get_role(RoleName=name), "inline-role-policies": iam.list_role_policies(RoleName=name),
            "attached-role-policies": iam.list_attached_role_policies(RoleName=name)}


def no_suffix(aws, service):
    return {"custom-suffix-not-allowed": aws.refused(
        aws.client("iam").create_service_linked_role, AWSServiceName=service, CustomSuffix="suffix")}


for _service in (f"{one}.amazonaws.com" for one in ONE_ROLE_EACH):
    case(f"{ROLES}test_service_role_lifecycle_custom_suffix_not_allowed[{_service}]", _service)(no_suffix)


@case(ROLES + "test_service_role_already_exists")
def taken(aws):
    iam, service = aws.client("iam"), {"AWSServiceName": "batch.amazonaws.com"}
    name = iam.create_service_linked_role(**service)["Role"]["RoleName"]
    aws.later(iam.delete_service_linked_role, RoleName=name)
    return {"role-already-exists-error": aws.refused(iam.create_service_linked_role, **service)}


@case(ROLES + "test_service_role_deletion")
def a_deletion(aws):
    iam = aws.client("iam")
    name = iam.create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["RoleName"]
    deletion = iam.delete_service_linked_role(RoleName=name)
    return {"service-linked-role-deletion-response": deletion,
            "service-linked-role-deletion-status-response": iam.get_service_linked_role_deletion_status(
                DeletionTaskId=deletion["DeletionTaskId"])}


@case(RESOURCES + "test_iam_username_defaultname")
def a_user(aws):
    name, _ = user(aws)
    return {"get_iam_user": aws.client("iam").get_user(UserName=name)}


@case(USERS + "TestBasicCRD::test_black_box", "stack-outputs", "describe-resource")
@case(USERS + "TestBasicCRD::test_autogenerated_values", "stack_outputs", "autogenerated-get-user")
def a_described_user(aws, outputs, described):
    name, _ = user(aws)
    return {outputs: {"MyRef": name}, described: aws.client("iam").get_user(UserName=name)}


@case(USERS + "TestUpdates::test_update_without_replacement")
def another_user(aws):
    iam, (first, _) = aws.client("iam"), user(aws)
    second, _ = user(aws, UserName=f"{first}-updated")  # CloudFormation makes the user anew
    return {"stack-outputs-before-update": {"MyRef": first}, "describe-resource-before-update": iam.get_user(UserName=first),
            "describe-resource-after-update": iam.get_user(UserName=second), "stack-outputs-after-update": {"MyRef": second}}


def documented(aws, actions, resources):
    """A policy as the recorded CloudFormation templates spell it."""
    iam = aws.client("iam")
    document = json.dumps({"Version": "2012-10-17",
                           "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]})
    arn = iam.create_policy(PolicyName=aws.name("policy"), PolicyDocument=document)["Policy"]["Arn"]
    aws.later(iam.delete_policy, PolicyArn=arn)
    return iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]


@case(RESOURCES + "test_managedpolicy_with_fn_sub_json_string")
def a_document(aws):
    return {"policy_document": documented(aws, "s3:GetObject", f"arn:aws:s3:::bucket-my-cluster-{aws.region}/*")}


@case(RESOURCES + "test_managedpolicy_with_fn_sub_and_arrays")
def a_document_with_lists(aws):
    return {"policy_with_arrays": documented(aws, ["s3:GetObject", "s3:PutObject"], [
        "arn:aws:s3:::test-bucket/*", f"arn:aws:s3:::test-bucket-{aws.region}/*"])}


@case(RESOURCES + "test_inline_policy_with_fn_sub_json_string")
def an_inline_document(aws):
    iam, (name, _), policy = aws.client("iam"), role(aws, trust()), aws.name("policy")
    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject",
                                                "Resource": f"arn:aws:s3:::my-bucket-{aws.region}/*"}]}))
    aws.later(iam.delete_role_policy, RoleName=name, PolicyName=policy)
    return {"inline_policy_document": iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]}
