"""Lists, a page at a time: whatever its size, the pages together give each thing once, and waiters see what there is."""

import json
import os
import time

import botocore.exceptions
import pytest

from conftest import CLIENT, own_store, Yagura, until
from functions import ECHO, TRUST, python

pytestmark = [pytest.mark.skipif(CLIENT != "boto3", reason="paginators and waiters are boto3's"),
              pytest.mark.skipif("YAGURA_FEW" in os.environ, reason="thousands of small calls: not under sanitizers")]
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]})
TAGS = [{"Key": f"k{number}", "Value": "v"} for number in range(3)]
THREE = range(3)


def stock_iam(iam):
    policies = [iam.create_policy(PolicyName=f"policy-{n}", Path="/pages/", PolicyDocument=ALLOW, Tags=TAGS)["Policy"]["Arn"] for n in THREE]
    for n in THREE:
        iam.create_user(UserName=f"user-{n}", Path="/pages/", Tags=TAGS)
        iam.create_group(GroupName=f"group-{n}", Path="/pages/")
        iam.create_role(RoleName=f"role-{n}", Path="/pages/", AssumeRolePolicyDocument=TRUST, Tags=TAGS)
        iam.create_virtual_mfa_device(VirtualMFADeviceName=f"device-{n}", Path="/pages/", Tags=TAGS)
        iam.create_instance_profile(InstanceProfileName=f"profile-{n}", Path="/pages/", Tags=TAGS)
        iam.attach_user_policy(UserName="user-0", PolicyArn=policies[n])
        iam.attach_group_policy(GroupName="group-0", PolicyArn=policies[n])
        iam.attach_role_policy(RoleName="role-0", PolicyArn=policies[n])
        iam.put_user_policy(UserName="user-0", PolicyName=f"own-{n}", PolicyDocument=ALLOW)
        iam.put_group_policy(GroupName="group-0", PolicyName=f"own-{n}", PolicyDocument=ALLOW)
        iam.put_role_policy(RoleName="role-0", PolicyName=f"own-{n}", PolicyDocument=ALLOW)
    for n in THREE:
        iam.add_user_to_group(UserName=f"user-{n}", GroupName="group-0")
        iam.add_role_to_instance_profile(InstanceProfileName=f"profile-{n}", RoleName="role-0")
        iam.create_policy_version(PolicyArn=policies[0], PolicyDocument=ALLOW)
    for group in ("group-1", "group-2"):
        iam.add_user_to_group(UserName="user-0", GroupName=group)
    for _ in range(2):
        iam.create_access_key(UserName="user-0")
    provider = iam.create_open_id_connect_provider(Url="https://idp.example", ThumbprintList=["0" * 40], Tags=TAGS)["OpenIDConnectProviderArn"]
    role = iam.get_role(RoleName="role-0")["Role"]["Arn"]
    device = iam.list_virtual_mfa_devices()["VirtualMFADevices"][0]["SerialNumber"]
    user, own = {"UserName": "user-0"}, {"PathPrefix": "/pages/"}
    yield "list_users", own
    yield "list_groups", own
    yield "list_roles", own
    yield "list_instance_profiles", own
    yield "list_policies", own
    yield "list_virtual_mfa_devices", {}
    yield "get_account_authorization_details", {"Filter": ["User", "Group", "Role"]}
    yield "get_group", {"GroupName": "group-0"}
    yield "list_groups_for_user", user
    yield "list_access_keys", user
    yield "list_instance_profiles_for_role", {"RoleName": "role-0"}
    yield "list_policy_versions", {"PolicyArn": policies[0]}
    yield "list_entities_for_policy", {"PolicyArn": policies[0]}
    yield "list_attached_user_policies", user
    yield "list_attached_group_policies", {"GroupName": "group-0"}
    yield "list_attached_role_policies", {"RoleName": "role-0"}
    yield "list_user_policies", user
    yield "list_group_policies", {"GroupName": "group-0"}
    yield "list_role_policies", {"RoleName": "role-0"}
    yield "list_user_tags", user
    yield "list_role_tags", {"RoleName": "role-0"}
    yield "list_policy_tags", {"PolicyArn": policies[0]}
    yield "list_instance_profile_tags", {"InstanceProfileName": "profile-0"}
    yield "list_mfa_device_tags", {"SerialNumber": device}
    yield "list_open_id_connect_provider_tags", {"OpenIDConnectProviderArn": provider}
    yield "simulate_custom_policy", {"PolicyInputList": [ALLOW], "ActionNames": ["s3:GetObject", "s3:ListAllMyBuckets", "ec2:RunInstances"]}
    yield "simulate_principal_policy", {"PolicySourceArn": role, "ActionNames": ["s3:GetObject", "s3:ListAllMyBuckets", "ec2:RunInstances"]}


def stock_kms(kms):
    keys = [kms.create_key(Tags=[{"TagKey": f"k{n}", "TagValue": "v"} for n in THREE])["KeyMetadata"]["KeyId"] for _ in THREE]
    for n in THREE:
        kms.create_alias(AliasName=f"alias/{n}", TargetKeyId=keys[0])
        kms.create_grant(KeyId=keys[0], GranteePrincipal="arn:aws:iam::111122223333:role/role-0", Operations=["Encrypt"], Name=f"grant-{n}",
                         RetiringPrincipal="arn:aws:iam::111122223333:role/role-1")
        kms.rotate_key_on_demand(KeyId=keys[0])
    yield "list_keys", {}
    yield "list_aliases", {"KeyId": keys[0]}
    yield "list_grants", {"KeyId": keys[0]}
    yield "list_retirable_grants", {"RetiringPrincipal": "arn:aws:iam::111122223333:role/role-1"}
    yield "list_resource_tags", {"KeyId": keys[0]}
    yield "list_key_rotations", {"KeyId": keys[0]}


def stock_logs(logs):
    now = int(time.time() * 1000)
    for n in THREE:
        logs.create_log_group(logGroupName=f"group-{n}")
        logs.create_log_stream(logGroupName="group-0", logStreamName=f"stream-{n}")
        logs.put_log_events(logGroupName="group-0", logStreamName=f"stream-{n}",
                            logEvents=[{"timestamp": now + i, "message": f"{n} {i}"} for i in THREE])
        logs.put_metric_filter(logGroupName="group-0", filterName=f"filter-{n}", filterPattern="x",
                               metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
        logs.put_delivery_destination(name=f"there-{n}", deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::b"})
        logs.put_resource_policy(policyName=f"policy-{n}", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "*"}]}))
    yield "describe_log_groups", {}
    yield "describe_log_streams", {"logGroupName": "group-0"}
    yield "describe_log_streams", {"logGroupName": "group-0", "orderBy": "LastEventTime", "descending": True}
    yield "describe_metric_filters", {"logGroupName": "group-0"}
    yield "describe_resource_policies", {}
    yield "describe_delivery_destinations", {}
    yield "filter_log_events", {"logGroupName": "group-0"}


def stock_cloudwatch(cloudwatch):
    for n in THREE:
        cloudwatch.put_metric_alarm(AlarmName=f"alarm-{n}", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
                                    Threshold=1, ComparisonOperator="GreaterThanThreshold")
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(alarm-0) OR ALARM(alarm-1)")
    yield "describe_alarms", {}
    yield "describe_alarms", {"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]}
    yield "describe_alarm_history", {"HistoryItemType": "ConfigurationUpdate"}  # states may change meanwhile


def stock_s3(s3):
    for n in THREE:
        s3.create_bucket(Bucket=f"pages-{n}")
        s3.create_multipart_upload(Bucket="pages-0", Key=f"upload/{n}")
    s3.put_bucket_versioning(Bucket="pages-0", VersioningConfiguration={"Status": "Enabled"})
    for n in THREE:
        for folder in ("", f"folder-{n}/"):
            s3.put_object(Bucket="pages-0", Key=f"{folder}key-{n}", Body=b"1")
        s3.put_object(Bucket="pages-0", Key="key-0", Body=b"2")
        s3.delete_object(Bucket="pages-0", Key=f"key-{n}")
        s3.put_object(Bucket="pages-0", Key=f"key-{n}", Body=b"3")
    upload = s3.create_multipart_upload(Bucket="pages-0", Key="parts")["UploadId"]
    for n in THREE:
        s3.upload_part(Bucket="pages-0", Key="parts", UploadId=upload, PartNumber=n + 1, Body=b"1")
    for operation in ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"):
        yield operation, {"Bucket": "pages-0"}
        yield operation, {"Bucket": "pages-0", "Delimiter": "/"}
    yield "list_parts", {"Bucket": "pages-0", "Key": "parts", "UploadId": upload}
    yield "list_buckets", {"Prefix": "pages-"}


def stock_secretsmanager(secrets):
    for n in THREE:
        secrets.create_secret(Name=f"secret-{n}", SecretString="v")
    yield "list_secrets", {}


def stock_guardduty(guardduty):
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=[
        "Recon:EC2/Portscan", "UnauthorizedAccess:EC2/TorRelay", "Stealth:IAMUser/CloudTrailLoggingDisabled"])
    guardduty.create_members(DetectorId=detector, AccountDetails=[
        {"AccountId": f"{n + 2:012}", "Email": f"m{n}@example.com"} for n in THREE])
    for n in THREE:
        guardduty.create_filter(DetectorId=detector, Name=f"filter-{n}", FindingCriteria={"Criterion": {"severity": {"GreaterThan": 9}}})
    for operation in ("list_findings", "list_members", "list_filters"):
        yield operation, {"DetectorId": detector, **({"OnlyAssociated": "false"} if operation == "list_members" else {})}


def stock_lambda(functions):
    role = "arn:aws:iam::111122223333:role/pages/role-0"
    for n in THREE:
        functions.create_function(FunctionName=f"function-{n}", Runtime="python3.12", Role=role, Handler="app.handler",
                                  Code={"ZipFile": python(ECHO)})
        functions.create_alias(FunctionName="function-0", Name=f"alias-{n}", FunctionVersion="$LATEST")
        functions.publish_layer_version(LayerName=f"layer-{n}", Content={"ZipFile": python(ECHO)})
        functions.publish_layer_version(LayerName="layer-0", Content={"ZipFile": python(ECHO)})
    functions.publish_version(FunctionName="function-0")
    functions.create_function_url_config(FunctionName="function-0", AuthType="AWS_IAM")
    functions.create_function_url_config(FunctionName="function-0", Qualifier="alias-0", AuthType="AWS_IAM")
    functions.put_function_event_invoke_config(FunctionName="function-0", MaximumRetryAttempts=1)
    functions.put_function_event_invoke_config(FunctionName="function-0", Qualifier="alias-0", MaximumRetryAttempts=1)
    yield "list_functions", {}
    yield "list_aliases", {"FunctionName": "function-0"}
    yield "list_versions_by_function", {"FunctionName": "function-0"}
    yield "list_layers", {}
    yield "list_layer_versions", {"LayerName": "layer-0"}
    yield "list_function_url_configs", {"FunctionName": "function-0"}
    yield "list_function_event_invoke_configs", {"FunctionName": "function-0"}


def stock_organizations(organizations):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    asked = [organizations.create_account(Email=f"pages-{n}@example.com", AccountName=f"pages-{n}")["CreateAccountStatus"]["Id"] for n in range(2)]
    for request in asked:
        until(lambda request=request: organizations.describe_create_account_status(
            CreateAccountRequestId=request)["CreateAccountStatus"]["State"] == "SUCCEEDED", "an account")
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    for n in THREE:
        organizations.create_organizational_unit(ParentId=root, Name=f"unit-{n}")
        policy = organizations.create_policy(Name=f"policy-{n}", Description="", Type="SERVICE_CONTROL_POLICY", Content=ALLOW)["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=root)
        organizations.enable_aws_service_access(ServicePrincipal=("cloudtrail", "guardduty", "config")[n] + ".amazonaws.com")
    unit = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=unit)
    yield "list_accounts", {}
    yield "list_accounts_for_parent", {"ParentId": root}
    yield "list_children", {"ParentId": root, "ChildType": "ORGANIZATIONAL_UNIT"}
    yield "list_create_account_status", {}
    yield "list_organizational_units_for_parent", {"ParentId": root}
    yield "list_policies", {"Filter": "SERVICE_CONTROL_POLICY"}
    yield "list_policies_for_target", {"TargetId": root, "Filter": "SERVICE_CONTROL_POLICY"}
    yield "list_targets_for_policy", {"PolicyId": policy}
    yield "list_aws_service_access_for_organization", {}


def stock_cloudtrail(cloudtrail):
    for n in THREE:
        with pytest.raises(cloudtrail.exceptions.S3BucketDoesNotExistException):
            cloudtrail.create_trail(Name="none", S3BucketName=f"not-there-{n}")
    yield "lookup_events", {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateTrail"}]}


STOCKS = {"iam": stock_iam, "kms": stock_kms, "logs": stock_logs, "cloudwatch": stock_cloudwatch, "s3": stock_s3,
          "secretsmanager": stock_secretsmanager, "guardduty": stock_guardduty, "lambda": stock_lambda,
          "organizations": stock_organizations, "cloudtrail": stock_cloudtrail}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Yagura(tmp_path_factory.mktemp("pages") / "data", store=own_store()).start()
    yield server
    server.stop()


def items(client, operation, arguments, **size):
    """What the pages bring, as sorted texts, and how many pages that took."""
    paginator = client.get_paginator(operation)
    keys = [expression.parsed["value"] for expression in paginator.result_keys]
    pages = list(paginator.paginate(**arguments, PaginationConfig=size))
    lasting = lambda item: {name: value for name, value in item.items() if not name.startswith("State")} if isinstance(item, dict) else item
    found = [json.dumps([key, lasting(item)], default=str, sort_keys=True) for page in pages for key in keys for item in page.get(key, [])]
    return sorted(found), len(pages)


@pytest.mark.parametrize("service", STOCKS)
def test_pages_give_each_thing_once(server, service):
    client = server.client(service, "us-east-1")
    for operation, arguments in STOCKS[service](client):
        whole, _ = items(client, operation, arguments)
        by_one, pages = items(client, operation, arguments, PageSize=1)
        assert len(whole) >= 2 and by_one == whole and pages >= len(whole), (operation, arguments)
        by_two, pages = items(client, operation, arguments, PageSize=2)
        assert by_two == whole and pages >= 2 - (len(whole) == 2), (operation, arguments)


def test_waiters_see_what_is_there_and_what_is_gone(server):
    iam, s3, functions, cloudwatch = (server.client(service, "us-east-1") for service in ("iam", "s3", "lambda", "cloudwatch"))
    soon = {"Delay": 0, "MaxAttempts": 3}
    role = iam.create_role(RoleName="awaited", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.create_user(UserName="awaited")
    iam.create_instance_profile(InstanceProfileName="awaited")
    policy = iam.create_policy(PolicyName="awaited", PolicyDocument=ALLOW)["Policy"]["Arn"]
    s3.create_bucket(Bucket="awaited")
    s3.put_object(Bucket="awaited", Key="k", Body=b"1")
    functions.create_function(FunctionName="awaited", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": python(ECHO)})
    cloudwatch.put_metric_alarm(AlarmName="awaited", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
                                Threshold=1, ComparisonOperator="GreaterThanThreshold")
    cloudwatch.put_composite_alarm(AlarmName="awaited-any", AlarmRule="ALARM(awaited)")
    for client, waiter, arguments in [
            (iam, "role_exists", {"RoleName": "awaited"}), (iam, "user_exists", {"UserName": "awaited"}),
            (iam, "instance_profile_exists", {"InstanceProfileName": "awaited"}), (iam, "policy_exists", {"PolicyArn": policy}),
            (s3, "bucket_exists", {"Bucket": "awaited"}), (s3, "object_exists", {"Bucket": "awaited", "Key": "k"}),
            (s3, "bucket_not_exists", {"Bucket": "never-made"}), (s3, "object_not_exists", {"Bucket": "awaited", "Key": "none"}),
            (functions, "function_exists", {"FunctionName": "awaited"}), (functions, "function_active", {"FunctionName": "awaited"}),
            (functions, "function_active_v2", {"FunctionName": "awaited"}), (functions, "function_updated", {"FunctionName": "awaited"}),
            (functions, "function_updated_v2", {"FunctionName": "awaited"}),
            (functions, "published_version_active", {"FunctionName": "awaited"}),
            (cloudwatch, "alarm_exists", {"AlarmNames": ["awaited"]}),
            (cloudwatch, "composite_alarm_exists", {"AlarmNames": ["awaited-any"], "AlarmTypes": ["CompositeAlarm"]})]:
        client.get_waiter(waiter).wait(**arguments, WaiterConfig=soon)
    for client, waiter, arguments in [
            (iam, "user_exists", {"UserName": "nobody"}), (s3, "object_exists", {"Bucket": "awaited", "Key": "none"}),
            (s3, "object_not_exists", {"Bucket": "awaited", "Key": "k"}), (functions, "function_exists", {"FunctionName": "none"}),
            (cloudwatch, "alarm_exists", {"AlarmNames": ["none"]})]:
        with pytest.raises(botocore.exceptions.WaiterError):
            client.get_waiter(waiter).wait(**arguments, WaiterConfig=soon)
