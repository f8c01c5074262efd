"""boto3's paginators and waiters of operations that are built: pages give all there is exactly once, waiters end."""

import datetime
import io
import json
import os
import time
import zipfile

import botocore.exceptions
import jmespath
import pytest

from conftest import ROOT, Yagura, own_store
from functions import Functions
from keys import Authority, saml_metadata, totp
from trails import log_bucket

pytestmark = [pytest.mark.boto3_only("paginators and waiters are boto3's"),
              pytest.mark.skipif("YAGURA_FEW" in os.environ, reason="nothing that a sanitizer would not see elsewhere")]
TAGS = [{"Key": str(n), "Value": "x"} for n in range(3)]
READ = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that nobody else fills."""
    made = Yagura(tmp_path_factory.mktemp("pages") / "data", store=own_store()).start()
    yield made
    made.stop()


# Each makes three of everything; operation → (members, how many items; None: not known).

def of_logs(server, folder):
    logs, functions, group = server.client("logs"), Functions(server), {"logGroupName": "g0"}
    for n in range(3):
        logs.create_log_group(logGroupName=f"g{n}")
        logs.create_log_stream(logStreamName=f"s{n}", **group)
        logs.put_log_events(logStreamName=f"s{n}", logEvents=[{"timestamp": int(time.time() * 1000), "message": f"m{n}"}], **group)
        logs.put_metric_filter(filterName=f"f{n}", filterPattern="", **group, metricTransformations=[
            {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
        logs.put_resource_policy(policyName=f"p{n}", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents", "Resource": "*"}]}))
        logs.put_delivery_destination(name=f"d{n}", deliveryDestinationConfiguration={"destinationResourceArn": "arn:aws:s3:::b"})
    function = functions.make("def handler(event, context):\n    pass\n", FunctionName="f")
    arn = functions.client.get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    functions.client.add_permission(FunctionName=function, StatementId="s", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com")
    for n in range(3):
        logs.put_destination(destinationName=f"d{n}", targetArn=arn, roleArn=functions.role)
    for n in range(2):  # AWS allows no more for a group
        logs.put_subscription_filter(filterName=f"f{n}", filterPattern="nothing", destinationArn=arn, **group)
    return {"describe_log_groups": ({}, 3), "describe_log_streams": (group, 3), "describe_metric_filters": (group, 3),
            "describe_subscription_filters": (group, 2), "filter_log_events": (group, 3), "describe_destinations": ({}, 3),
            "describe_resource_policies": ({}, 3), "describe_delivery_destinations": ({}, 3), "describe_export_tasks": ({}, 0)}


def of_cloudwatch(server, folder):
    cw, now = server.client("cloudwatch"), datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
    for n in range(3):
        cw.put_metric_alarm(AlarmName=f"a{n}", Namespace="pages", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=2,
                            ComparisonOperator="GreaterThanThreshold")
        cw.put_metric_data(Namespace="pages", MetricData=[{"MetricName": f"m{n}", "Value": n, "Timestamp": now - datetime.timedelta(minutes=n)},
                                                      {"MetricName": "all", "Value": n, "Timestamp": now - datetime.timedelta(minutes=n)}])
        cw.put_dashboard(DashboardName=f"d{n}", DashboardBody='{"widgets":[]}')
    cw.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(a0) OR ALARM(a1)")
    return {"describe_alarms": ({"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}, 4),
            "describe_alarm_history": ({"AlarmTypes": ["MetricAlarm"], "HistoryItemType": "ConfigurationUpdate"}, 3),
            "list_metrics": ({"Namespace": "pages"}, 4), "list_dashboards": ({}, 3),
            "get_metric_data": ({"StartTime": now - datetime.timedelta(minutes=5), "EndTime": now + datetime.timedelta(minutes=1),
                                 "MetricDataQueries": [{"Id": "q", "MetricStat": {"Metric": {"Namespace": "pages", "MetricName": "all"},
                                                                                  "Period": 60, "Stat": "Sum"}}]}, 3)}


def of_cloudtrail(server, folder):
    trails, bucket = server.client("cloudtrail"), log_bucket(server)
    arns = [trails.create_trail(Name=f"trail-{n}", S3BucketName=bucket)["TrailARN"] for n in range(3)]
    trails.add_tags(ResourceId=arns[0], TagsList=TAGS)
    return {"list_trails": ({}, 3), "list_tags": ({"ResourceIdList": arns}, 3), "list_public_keys": ({}, None),
            "lookup_events": ({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateTrail"}]}, 3),
            "list_insights_data": ({"InsightSource": arns[0], "DataType": "InsightsEvents"}, 0)}


def of_s3(server, folder):
    s3, at = server.client("s3", "us-east-1"), {"Bucket": "pages-0"}
    for n in range(3):
        s3.create_bucket(Bucket=f"pages-{n}")
    s3.put_bucket_versioning(**at, VersioningConfiguration={"Status": "Enabled"})
    for n in range(3):
        s3.put_object(**at, Key=f"deep/{n}/é&", Body=b"x")
        s3.put_object(**at, Key=f"k{n}", Body=b"1")
        s3.put_object(**at, Key=f"k{n}", Body=b"2")
        s3.create_multipart_upload(**at, Key=f"u{n // 2}")
    s3.delete_object(**at, Key="k1")
    upload = {**at, "Key": "parts", "UploadId": s3.create_multipart_upload(**at, Key="parts")["UploadId"]}
    for n in range(3):
        s3.upload_part(**upload, PartNumber=n + 1, Body=b"x")
    return {"list_buckets": ({"Prefix": "pages-"}, 3), "list_objects": (at, 5), "list_objects_v2": ({**at, "Delimiter": "/", "Prefix": "deep/"}, 3),
            "list_object_versions": (at, 10), "list_multipart_uploads": (at, 4), "list_parts": (upload, 3)}


def of_kms(server, folder):
    kms = server.client("kms", "eu-west-1")
    keys = [kms.create_key(Tags=[{"TagKey": str(n), "TagValue": "x"} for n in range(3)])["KeyMetadata"]["KeyId"] for _ in range(3)]
    key, caller = {"KeyId": keys[0]}, server.client("sts").get_caller_identity()["Arn"]
    for n in range(3):
        kms.create_alias(AliasName=f"alias/a{n}", TargetKeyId=keys[0])
        kms.create_grant(**key, GranteePrincipal=caller, RetiringPrincipal=caller, Operations=["Decrypt"], Name=f"g{n}")
        kms.rotate_key_on_demand(**key)
    return {"list_keys": ({}, 3), "list_aliases": (key, 3), "list_grants": (key, 3), "list_retirable_grants": ({"RetiringPrincipal": caller}, 3),
            "list_resource_tags": (key, 3), "list_key_policies": (key, 1), "list_key_rotations": (key, 3), "describe_custom_key_stores": ({}, 0)}


def of_iam(server, folder):
    iam, made, authority = server.client("iam"), {}, Authority(folder)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    for n in range(3):
        iam.create_user(UserName=f"u{n}", Path="/pages/", Tags=TAGS)
        iam.create_group(GroupName=f"g{n}", Path="/pages/")
        iam.create_role(RoleName=f"r{n}", Path="/pages/", AssumeRolePolicyDocument=trust, Tags=TAGS)
        iam.create_instance_profile(InstanceProfileName=f"i{n}", Path="/pages/", Tags=TAGS)
        iam.add_role_to_instance_profile(InstanceProfileName=f"i{n}", RoleName="r0")
        iam.upload_server_certificate(ServerCertificateName=f"c{n}", CertificateBody=authority.certificate, PrivateKey=authority.key, Tags=TAGS)
        made[n] = iam.create_policy(PolicyName=f"p{n}", Path="/pages/", PolicyDocument=READ, Tags=TAGS)["Policy"]["Arn"]
    certificates = {1: authority.certificate, 2: authority.issue("other")[1]}
    user, group, role = {"UserName": "u0"}, {"GroupName": "g0"}, {"RoleName": "r0"}
    for n in range(3):
        iam.add_user_to_group(GroupName=f"g{n}", **user)
        for kind, whom in (("user", user), ("group", group), ("role", role)):
            getattr(iam, f"put_{kind}_policy")(PolicyName=f"p{n}", PolicyDocument=READ, **whom)
            getattr(iam, f"attach_{kind}_policy")(PolicyArn=made[n], **whom)
        if n:
            iam.add_user_to_group(UserName=f"u{n}", **group)
            iam.create_policy_version(PolicyArn=made[0], PolicyDocument=READ)
            iam.create_access_key(**user)
            iam.upload_signing_certificate(**user, CertificateBody=certificates[n])
            iam.upload_ssh_public_key(**user, SSHPublicKeyBody=authority.ssh_public_key(str(n)))
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"m{n}", Tags=TAGS)["VirtualMFADevice"]
        seed, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
        iam.enable_mfa_device(**user, SerialNumber=serial, AuthenticationCode1=totp(seed, -1), AuthenticationCode2=totp(seed))
    iam.create_account_alias(AccountAlias="pages")
    openid = iam.create_open_id_connect_provider(Url="https://pages.example", ThumbprintList=["a" * 40], Tags=TAGS)["OpenIDConnectProviderArn"]
    saml = iam.create_saml_provider(Name="pages", SAMLMetadataDocument=saml_metadata(authority.certificate), Tags=TAGS)["SAMLProviderArn"]
    mine, actions = {"PathPrefix": "/pages/"}, {"ActionNames": [f"s3:Get{n}" for n in ("Object", "BucketAcl", "ObjectAcl")]}
    return {
        "list_users": (mine, 3), "list_groups": (mine, 3), "list_roles": (mine, 3), "list_instance_profiles": (mine, 3),
        "list_policies": ({"Scope": "Local"}, 3), "list_policy_versions": ({"PolicyArn": made[0]}, 3), "get_group": (group, 3),
        "list_groups_for_user": (user, 3), "list_access_keys": (user, 2), "list_account_aliases": ({}, 1),
        **{f"list_{kind}_policies": (whom, 3) for kind, whom in (("user", user), ("group", group), ("role", role))},
        **{f"list_attached_{kind}_policies": (whom, 3) for kind, whom in (("user", user), ("group", group), ("role", role))},
        "list_entities_for_policy": ({"PolicyArn": made[0]}, 3), "list_instance_profiles_for_role": (role, 3), "list_mfa_devices": (user, 3),
        "list_virtual_mfa_devices": ({}, 3), "list_server_certificates": ({}, 3), "list_signing_certificates": (user, 2),
        "list_ssh_public_keys": (user, 2), "get_account_authorization_details": ({"Filter": ["User", "Group", "Role", "LocalManagedPolicy"]}, None),
        "simulate_custom_policy": ({"PolicyInputList": [READ], **actions}, 3),
        "simulate_principal_policy": ({"PolicySourceArn": iam.get_user(**user)["User"]["Arn"], **actions}, 3),
        "list_user_tags": (user, 3), "list_role_tags": (role, 3), "list_policy_tags": ({"PolicyArn": made[0]}, 3),
        "list_instance_profile_tags": ({"InstanceProfileName": "i0"}, 3), "list_server_certificate_tags": ({"ServerCertificateName": "c0"}, 3),
        "list_mfa_device_tags": ({"SerialNumber": serial}, 3), "list_open_id_connect_provider_tags": ({"OpenIDConnectProviderArn": openid}, 3),
        "list_saml_provider_tags": ({"SAMLProviderArn": saml}, 3)}


def of_secretsmanager(server, folder):
    secrets = server.client("secretsmanager")
    for n in range(3):
        secrets.create_secret(Name=f"s{n}", SecretString="x")
    secrets.put_resource_policy(SecretId="s0", ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:DeleteSecret", "Resource": "*"}]}))
    return {"list_secrets": ({}, 3), "list_resource_policies": ({"SecretId": "s0"}, 1)}


def of_lambda(server, folder):
    functions, region = Functions(server), "ap-northeast-1"
    client, code = functions.client, "def handler(event, context):\n    pass\n"
    for n in range(3):
        functions.make(code, FunctionName=f"pages{n}")
    at, layer = {"FunctionName": "pages0"}, io.BytesIO()
    with zipfile.ZipFile(layer, "w") as archive:
        archive.writestr("python/a.py", "")
    for n in range(3):
        client.update_function_configuration(**at, Description=str(n))
        version = client.publish_version(**at)["Version"]
        client.create_alias(**at, Name=f"alias{n}", FunctionVersion=version)
        client.put_function_event_invoke_config(**at, Qualifier=version, MaximumRetryAttempts=1)
        client.create_function_url_config(**at, Qualifier=f"alias{n}", AuthType="AWS_IAM")
        client.publish_layer_version(LayerName=f"layer{n}", Content={"ZipFile": layer.getvalue()})
        client.publish_layer_version(LayerName="layer0", Content={"ZipFile": layer.getvalue()})
    return {"list_functions": ({}, None), "list_versions_by_function": (at, 4), "list_aliases": (at, 3), "list_layers": ({}, 3),
            "list_layer_versions": ({"LayerName": "layer0"}, 4), "list_function_event_invoke_configs": (at, 3),
            "list_function_url_configs": (at, 3), "list_provisioned_concurrency_configs": (at, 0)}


FILL = {"logs": of_logs, "cloudwatch": of_cloudwatch, "cloudtrail": of_cloudtrail, "s3": of_s3, "kms": of_kms, "iam": of_iam,
        "secretsmanager": of_secretsmanager, "lambda": of_lambda}
REGIONS = {"s3": "us-east-1", "kms": "eu-west-1"}


def items(pagination, page):
    keys = pagination["result_key"]
    for key in keys if isinstance(keys, list) else [keys]:
        if key == "MetricDataResults":  # a series goes on over pages
            yield from [point for one in page[key] for point in zip(one["Timestamps"], one["Values"])]
        elif key not in ("searchedLogStreams", "OwningAccounts", "Messages"):
            yield from jmespath.search(key, page) or []


def pages_of(client, operation, pagination, members, size):
    """The items of each page, each as JSON."""
    paging = {"PageSize": size} if size else {}
    return [[json.dumps(item, default=str, sort_keys=True) for item in items(pagination, page)]
            for page in client.get_paginator(operation).paginate(**members, PaginationConfig=paging)]


def complaint(client, operation, pagination, members, wanted):
    """What is wrong with a paginator; None: nothing."""
    size = 1 if "limit_key" in pagination else None
    whole = sum(pages_of(client, operation, pagination, members, None), [])
    pages = pages_of(client, operation, pagination, members, size)
    seen = sum(pages, [])
    if wanted is not None and len(seen) != wanted:
        return f"{len(seen)} items, not {wanted}"
    if len(set(seen)) != len(seen) or sorted(seen) != sorted(whole):
        return f"pages give {len(seen)}, {len(set(seen))} of them different; one page gives {len(whole)}"
    return f"a page holds {max(map(len, pages))}" if size and pages and max(map(len, pages)) > size else None


@pytest.mark.parametrize("service", FILL)
def test_pages_give_all_there_is_exactly_once(server, service, tmp_path):
    client = server.client(service, REGIONS.get(service, "ap-northeast-1"))
    cases = FILL[service](server, tmp_path)
    rows = [line.split() for line in (ROOT / "src/svc" / service / "ops.tsv").read_text().splitlines()]
    built = {row[0] for row in rows if row and row[0][0] not in "#!"}
    paginators = {operation: client.get_paginator(operation)._pagination_cfg for operation, name in client.meta.method_to_api_mapping.items()
                  if name in built and client.can_paginate(operation)}
    assert set(paginators) == set(cases), "a paginator of a built operation is not tried, or one is tried that isn't there"
    wrong = {operation: complaint(client, operation, paginators[operation], *case) for operation, case in cases.items()}
    assert not {operation: words for operation, words in wrong.items() if words}


# --- waiters ---

def waiters_of(server):
    """Service and waiter → members of what is there, of what isn't (None: not tried)."""
    functions, cw, iam, s3 = Functions(server), server.client("cloudwatch"), server.client("iam"), server.client("s3", "us-east-1")
    function = {"FunctionName": functions.make("def handler(event, context):\n    pass\n", FunctionName="waited")}
    version = {**function, "Qualifier": functions.client.publish_version(**function)["Version"]}
    cw.put_metric_alarm(AlarmName="waited", Namespace="pages", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=2,
                        ComparisonOperator="GreaterThanThreshold")
    cw.put_composite_alarm(AlarmName="waited-both", AlarmRule="ALARM(waited)")
    s3.create_bucket(Bucket="waited")
    s3.put_object(Bucket="waited", Key="k")
    profile = {"InstanceProfileName": iam.create_instance_profile(InstanceProfileName="waited")["InstanceProfile"]["InstanceProfileName"]}
    role, user = {"RoleName": functions.role.rpartition("/")[2]}, {"UserName": iam.create_user(UserName="waited")["User"]["UserName"]}
    policy = {"PolicyArn": iam.create_policy(PolicyName="waited", PolicyDocument=READ)["Policy"]["Arn"]}
    nobody, bucket, no_bucket = {"FunctionName": "nobody"}, {"Bucket": "waited"}, {"Bucket": "nobody"}
    there, gone = {**bucket, "Key": "k"}, {**bucket, "Key": "none"}
    return {
        "cloudwatch": {"alarm_exists": ({"AlarmNames": ["waited"]}, {"AlarmNames": ["nobody"]}),
                       "composite_alarm_exists": ({"AlarmNames": ["waited-both"], "AlarmTypes": ["CompositeAlarm"]}, {"AlarmNames": ["nobody"]}),
                       "log_alarm_exists": (None, {"AlarmNames": ["waited"], "AlarmTypes": ["LogAlarm"]})},
        "s3": {"bucket_exists": (bucket, no_bucket), "bucket_not_exists": (no_bucket, bucket), "object_exists": (there, gone),
               "object_not_exists": (gone, there)},
        "iam": {"instance_profile_exists": (profile, {"InstanceProfileName": "nobody"}), "role_exists": (role, {"RoleName": "nobody"}),
                "user_exists": (user, {"UserName": "nobody"}), "policy_exists": (policy, {"PolicyArn": policy["PolicyArn"] + "-not"})},
        "lambda": {"function_active": (function, nobody), "function_active_v2": (function, nobody), "function_exists": (function, nobody),
                   "function_updated": (function, nobody), "function_updated_v2": (function, nobody),
                   "published_version_active": (version, nobody)}}


def test_waiters_end(server):
    for service, cases in waiters_of(server).items():
        client = server.client(service, REGIONS.get(service, "ap-northeast-1"))
        known = set(client.waiter_names) - {"alarm_mute_rule_exists"}  # its operation isn't built
        assert known == set(cases)
        for waiter, (there, gone) in cases.items():
            if there:
                client.get_waiter(waiter).wait(**there, WaiterConfig={"Delay": 0.1, "MaxAttempts": 50})
            with pytest.raises((botocore.exceptions.WaiterError, botocore.exceptions.ClientError)):
                client.get_waiter(waiter).wait(**gone, WaiterConfig={"Delay": 0, "MaxAttempts": 1})
