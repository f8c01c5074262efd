"""Lambda as its clients see it: functions, versions, aliases, permissions, layers, URLs, asynchronous calls."""

import io
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import zipfile

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from conftest import until
from functions import ECHO, Functions, archive, python, refused, role, unique

FEW = bool(os.environ.get("YAGURA_FEW"))
VERSION = "def handler(event, context):\n    return [event, context.function_version, '%s']\n"


@pytest.fixture(scope="module")
def functions(yagura):
    return Functions(yagura)


@pytest.fixture(scope="module")
def client(functions):
    return functions.client


def test_a_function_is_made_seen_changed_and_deleted(functions, client):
    name = unique()
    made = client.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=functions.role,
                                  Code={"ZipFile": python(ECHO)}, Environment={"Variables": {"COLOUR": "blue"}}, Tags={"team": "red"})
    assert (made["State"], made["StateReasonCode"], made["Version"]) == ("Pending", "Creating", "$LATEST")
    assert (made["Timeout"], made["MemorySize"], made["EphemeralStorage"]["Size"]) == (3, 128, 512)
    assert made["FunctionArn"].endswith(f":function:{name}") and re.fullmatch(r"[0-9a-f-]{36}", made["RevisionId"])
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    seen = client.get_function(FunctionName=name)
    assert seen["Configuration"]["Environment"]["Variables"] == {"COLOUR": "blue"} and seen["Tags"] == {"team": "red"}
    assert urllib.request.urlopen(seen["Code"]["Location"]).read() == python(ECHO)
    assert client.get_function_configuration(FunctionName=made["FunctionArn"])["CodeSha256"] == made["CodeSha256"]
    assert name in [one["FunctionName"] for page in client.get_paginator("list_functions").paginate(MaxItems=50) for one in page["Functions"]]

    changed = client.update_function_configuration(FunctionName=name, Timeout=9, MemorySize=256, RevisionId=seen["Configuration"]["RevisionId"])
    assert (changed["Timeout"], changed["LastUpdateStatus"]) == (9, "InProgress")
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    refused("PreconditionFailedException", client.update_function_code, FunctionName=name, ZipFile=python(ECHO), RevisionId=made["RevisionId"])
    client.update_function_code(FunctionName=name, ZipFile=python("def handler(event, context):\n    return 'new'\n"))
    assert functions.result(name) == "new"
    assert client.update_function_code(FunctionName=name, ZipFile=python(ECHO), DryRun=True)["CodeSha256"] == made["CodeSha256"]
    assert functions.result(name) == "new"
    client.delete_function(FunctionName=name)
    missing = refused("ResourceNotFoundException", client.get_function, FunctionName=name)
    assert missing["Type"] == "User" and missing["Message"] == f"Function not found: {made['FunctionArn']}"


def test_code_and_layers_come_from_s3(functions, client, yagura):
    s3, bucket, name = yagura.client("s3"), unique("code"), unique()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=bucket, Key="app.zip", Body=python(ECHO))["VersionId"]
    s3.put_object(Bucket=bucket, Key="app.zip", Body=python("def handler(event, context):\n    return 'new'\n"))
    other = s3.put_object(Bucket=bucket, Key="broken.zip", Body=b"no zip")["VersionId"]
    place = {"S3Bucket": bucket, "S3Key": "app.zip"}
    client.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=functions.role, Code=place)
    assert functions.result(name) == "new"
    client.update_function_code(FunctionName=name, **place, S3ObjectVersion=old)
    assert functions.result(name, {"a": 1}) == {"a": 1}
    layer = client.publish_layer_version(LayerName=unique("layer"), Content=place)
    assert layer["Content"]["CodeSize"] == len(python("def handler(event, context):\n    return 'new'\n"))
    conflict = refused("ResourceConflictException", client.create_function, FunctionName=name, Runtime="python3.12", Handler="app.handler",
                       Role=functions.role, Code={"S3Bucket": "not-there", "S3Key": "k"})
    assert "already exist" in conflict["Error"]["Message"]

    def broken(wanted, words, caller=client, **source):
        assert words in refused(wanted, caller.update_function_code, FunctionName=name, **source)["Error"]["Message"]
    broken("InvalidParameterValueException", "S3 Error Code: NoSuchBucket", S3Bucket=unique("gone"), S3Key="app.zip")
    broken("InvalidParameterValueException", "S3 Error Code: NoSuchKey", S3Bucket=bucket, S3Key="gone.zip")
    broken("InvalidParameterValueException", "S3 Error Code: NoSuchVersion", **place, S3ObjectVersion=other)
    broken("InvalidParameterValueException", "Could not unzip", S3Bucket=bucket, S3Key="broken.zip")
    iam, user = yagura.client("iam"), unique("user")
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}]}))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    stranger = yagura.client("lambda", credentials={"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]})
    broken("AccessDeniedException", f"GetObject for {bucket}/app.zip. S3 Error Code: AccessDenied", stranger, **place)


def test_the_runtime_sees_what_lambda_says_it_sees(functions):
    name = functions.make("import os\ndef handler(event, context):\n"
                          "    return dict(os.environ, arn=context.invoked_function_arn, id=context.aws_request_id,\n"
                          "                left=context.get_remaining_time_in_millis(), limit=context.memory_limit_in_mb)\n",
                          Environment={"Variables": {"COLOUR": "blue"}}, MemorySize=192)
    seen = functions.result(name)
    assert seen["COLOUR"] == "blue" and seen["AWS_REGION"] == "ap-northeast-1" and seen["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == seen["limit"] == "192" and seen["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert seen["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}" and "[$LATEST]" in seen["AWS_LAMBDA_LOG_STREAM_NAME"]
    assert seen["arn"].endswith(f"function:{name}") and 0 < seen["left"] <= 3000 and seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_the_log_has_lambdas_lines(functions):
    name = functions.make("print('starting')\ndef handler(event, context):\n    print('hello')\n    return 1\n")
    _, _, cold = functions.call(name)
    _, _, warm = functions.call(name)
    assert re.match(r"starting\nSTART RequestId: (\S+) Version: \$LATEST\nhello\nEND RequestId: \1\nREPORT RequestId: \1\tDuration: [\d.]+ ms"
                    r"\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n$", cold), cold
    assert "Init Duration" not in warm and "starting" not in warm


def test_the_role_signs_the_functions_own_calls(yagura, functions):
    """With nothing but the standard library: the endpoint is in the environment, and reachable."""
    code = """
import base64, datetime, hashlib, hmac, os, urllib.request
def handler(event, context):
    url, body = os.environ["AWS_ENDPOINT_URL"], b"Action=GetCallerIdentity&Version=2011-06-15"
    host, now = url.split("//")[1], datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/us-east-1/sts/aws4_request"
    canonical = f"POST\\n/\\n\\nhost:{host}\\nx-amz-date:{now}\\nx-amz-security-token:{os.environ['AWS_SESSION_TOKEN']}\\n\\nhost;x-amz-date;x-amz-security-token\\n{hashlib.sha256(body).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (now[:8], "us-east-1", "sts", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, f"AWS4-HMAC-SHA256\\n{now}\\n{scope}\\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode(), hashlib.sha256).hexdigest()
    request = urllib.request.Request(url, data=body, headers={"Host": host, "X-Amz-Date": now, "X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"],
        "Authorization": f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature={signature}"})
    return urllib.request.urlopen(request).read().decode()
"""
    name = functions.make(code)
    role_name = functions.role.split("/")[-1]
    assert f":assumed-role/{role_name}/{name}</Arn>" in functions.result(name)


def test_a_role_that_lambda_may_not_assume_is_refused(yagura, functions):
    iam, name = yagura.client("iam"), unique("role")
    closed = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    said = refused("InvalidParameterValueException", functions.make, ECHO, Role=closed)
    assert said["Error"]["Message"] == "The role defined for the function cannot be assumed by Lambda."


def test_versions_stay_as_they_were_and_aliases_move(functions, client):
    name = functions.make(VERSION % "one")
    first = client.publish_version(FunctionName=name, Description="first")
    assert first["Version"] == client.publish_version(FunctionName=name)["Version"] == "1"
    client.update_function_code(FunctionName=name, ZipFile=python(VERSION % "two"), Publish=True)
    refused("InvalidParameterValueException", client.publish_version, FunctionName=name, CodeSha256="other")
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="what is live")
    refused("ResourceConflictException", client.create_alias, FunctionName=name, Name="live", FunctionVersion="1")
    refused("ResourceNotFoundException", client.create_alias, FunctionName=name, Name="gone", FunctionVersion="9")
    assert functions.result(name, 5, Qualifier="live") == [5, "1", "one"]
    assert functions.result(alias["AliasArn"], 5) == [5, "1", "one"] and functions.result(name, 5, Qualifier="2") == [5, "2", "two"]
    moved = client.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=alias["RevisionId"])
    refused("PreconditionFailedException", client.update_alias, FunctionName=name, Name="live", RevisionId=alias["RevisionId"])
    assert functions.result(name, Qualifier="live")[2] == "two"
    client.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"1": 1.0}}, RevisionId=moved["RevisionId"])
    assert functions.result(name, Qualifier="live")[2] == "one"
    assert client.get_alias(FunctionName=name, Name="live")["RoutingConfig"]["AdditionalVersionWeights"] == {"1": 1.0}
    assert [one["Name"] for one in client.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
    listed = [one["Version"] for page in client.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 1}) for one in page["Versions"]]
    assert listed == ["$LATEST", "1", "2"]
    refused("ResourceConflictException", client.delete_function, FunctionName=name, Qualifier="2")
    client.delete_alias(FunctionName=name, Name="live")
    client.delete_function(FunctionName=name, Qualifier="2")
    refused("ResourceNotFoundException", client.get_function, FunctionName=name, Qualifier="2")


def test_what_is_wrong_is_said_as_lambda_says_it(functions, client):
    name = functions.make(ECHO)
    for code, words, call, members in (
        ("ResourceConflictException", f"Function already exist: {name}", functions.make, {"code": ECHO, "FunctionName": name}),
        ("InvalidParameterValueException", "Could not unzip uploaded file.", functions.make, {"code": b"no zip"}),
        ("InvalidParameterValueException", "reserved keys", functions.make, {"code": ECHO, "Environment": {"Variables": {"AWS_REGION": "x"}}}),
        ("InvalidParameterValueException", "4KB limit", functions.make, {"code": ECHO, "Environment": {"Variables": {"BIG": "x" * 5000}}}),
        ("InvalidParameterValueException", "java21", functions.make, {"code": ECHO, "runtime": "java21"}),
        ("InvalidParameterValueException", "provide a source", client.create_function, {"FunctionName": "s3", "Runtime": "python3.12",
         "Handler": "a.b", "Role": functions.role, "Code": {"S3Bucket": "bucket"}}),
        ("InvalidParameterValueException", "SQS", functions.make, {"code": ECHO, "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:ap-northeast-1:111122223333:q"}}),
        ("InvalidParameterValueException", "VPC", functions.make, {"code": ECHO, "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}),
        ("InvalidParameterValueException", "derived qualifier", client.get_function, {"FunctionName": f"{name}:1", "Qualifier": "2"}),
        ("InvalidRequestContentException", "Could not parse request body into json", client.invoke, {"FunctionName": name, "Payload": b"{"}),
        ("ResourceNotFoundException", "Function not found", client.invoke, {"FunctionName": name, "Qualifier": "77"}),
        ("ValidationException", "less than or equal to 900", functions.make, {"code": ECHO, "Timeout": 901}),
        ("ResourceNotFoundException", "not reachable in this region", client.get_function,
         {"FunctionName": "arn:aws:lambda:us-west-2:111122223333:function:x"}),
    ):
        said = refused(code, call, **members)
        assert words in said["Error"]["Message"], said
    assert client.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError, match="NotImplemented"):
        client.create_event_source_mapping(FunctionName=name, EventSourceArn="arn:aws:sqs:ap-northeast-1:111122223333:q")


def test_the_policy_of_a_function_lets_others_in(yagura, functions, client):
    name = functions.make(ECHO)
    refused("ResourceNotFoundException", client.get_policy, FunctionName=name)
    before = client.get_function_configuration(FunctionName=name)["RevisionId"]
    said = json.loads(client.add_permission(FunctionName=name, StatementId="events", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
                                            SourceArn="arn:aws:events:ap-northeast-1:111122223333:rule/x", SourceAccount="111122223333",
                                            RevisionId=before)["Statement"])
    assert said["Principal"] == {"Service": "events.amazonaws.com"}
    assert said["Condition"] == {"StringEquals": {"AWS:SourceAccount": "111122223333"},
                                 "ArnLike": {"AWS:SourceArn": "arn:aws:events:ap-northeast-1:111122223333:rule/x"}}
    refused("ResourceConflictException", client.add_permission, FunctionName=name, StatementId="events", Action="lambda:InvokeFunction", Principal="x.amazonaws.com")
    refused("PreconditionFailedException", client.remove_permission, FunctionName=name, StatementId="events", RevisionId=before)
    policy = client.get_policy(FunctionName=name)
    assert [one["Sid"] for one in json.loads(policy["Policy"])["Statement"]] == ["events"]
    client.remove_permission(FunctionName=name, StatementId="events", RevisionId=policy["RevisionId"])
    refused("ResourceNotFoundException", client.remove_permission, FunctionName=name, StatementId="events")

    iam, user = yagura.client("iam"), unique("user")
    arn = iam.create_user(UserName=user)["User"]["Arn"]
    key = iam.create_access_key(UserName=user)["AccessKey"]
    caller = yagura.client("lambda", credentials={"accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]})
    refused("AccessDeniedException", caller.invoke, FunctionName=name)
    client.add_permission(FunctionName=name, StatementId="user", Action="lambda:InvokeFunction", Principal=arn)
    assert caller.invoke(FunctionName=name)["StatusCode"] == 200
    refused("AccessDeniedException", caller.invoke, FunctionName=name, Qualifier="$LATEST")


def test_layers_lie_below_opt_in_order(yagura, functions, client):
    layer = unique("layer")

    def publish(value):
        return client.publish_layer_version(LayerName=layer, Content={"ZipFile": archive({"python/shade.py": f"VALUE = {value}\n"})},
                                            CompatibleRuntimes=["python3.12"], Description=f"no {value}")
    first, second = publish(1), publish(2)
    assert (first["Version"], second["Version"]) == (1, 2)
    name = functions.make("import shade, os\ndef handler(event, context):\n    return [shade.VALUE, sorted(os.listdir('/opt'))]\n",
                          Layers=[first["LayerVersionArn"]])
    assert functions.result(name) == [1, ["python"]]
    client.update_function_configuration(FunctionName=name, Layers=[second["LayerVersionArn"]])
    assert functions.result(name) == [2, ["python"]]
    refused("InvalidParameterValueException", client.update_function_configuration, FunctionName=name,
            Layers=[first["LayerVersionArn"], second["LayerVersionArn"]])
    assert [one["Version"] for one in client.list_layer_versions(LayerName=layer)["LayerVersions"]] == [2, 1]
    assert layer in [one["LayerName"] for one in client.list_layers()["Layers"]]
    assert client.get_layer_version(LayerName=layer, VersionNumber=1)["Description"] == "no 1"
    location = client.get_layer_version_by_arn(Arn=second["LayerVersionArn"])["Content"]["Location"]
    assert zipfile.ZipFile(io.BytesIO(urllib.request.urlopen(location).read())).read("python/shade.py") == b"VALUE = 2\n"
    added = client.add_layer_version_permission(LayerName=layer, VersionNumber=1, StatementId="all", Action="lambda:GetLayerVersion", Principal="*")
    assert client.get_layer_version_policy(LayerName=layer, VersionNumber=1)["RevisionId"] == added["RevisionId"]
    client.remove_layer_version_permission(LayerName=layer, VersionNumber=1, StatementId="all")
    refused("ResourceNotFoundException", client.get_layer_version_policy, LayerName=layer, VersionNumber=1)
    client.delete_layer_version(LayerName=layer, VersionNumber=1)
    refused("ResourceNotFoundException", client.get_layer_version, LayerName=layer, VersionNumber=1)
    assert functions.result(name) == [2, ["python"]]


def fetch(url, data=None, method=None, **headers):
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers))
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.read().decode(), answer.headers


def test_function_urls(yagura, functions, client):
    name = functions.make("import json\ndef handler(event, context):\n"
                          "    if event['rawPath'] == '/plain':\n        return {'a': 1}\n"
                          "    if event['rawPath'] == '/broken':\n        raise ValueError('x')\n"
                          "    return {'statusCode': 201, 'headers': {'X-Colour': 'blue'}, 'cookies': ['a=1', 'b=2'], 'body': json.dumps(event)}\n")
    made = client.create_function_url_config(FunctionName=name, AuthType="NONE", Cors={
        "AllowOrigins": ["https://example.org"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "MaxAge": 60, "AllowCredentials": True})
    refused("ResourceConflictException", client.create_function_url_config, FunctionName=name, AuthType="NONE")
    url = made["FunctionUrl"]
    status, body, _ = fetch(url)
    assert status == 403 and json.loads(body)["Message"].startswith("Forbidden")
    client.add_permission(FunctionName=name, StatementId="public", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    status, body, headers = fetch(url + "a%20b/c?x=1&x=2&y=%2F", b"text", **{"Content-Type": "text/plain", "Cookie": "k=v; l=w", "X-More": "m"})
    event = json.loads(body)
    assert (status, headers["X-Colour"], headers.get_all("Set-Cookie")) == (201, "blue", ["a=1", "b=2"])
    assert (event["version"], event["rawPath"], event["rawQueryString"], event["body"]) == ("2.0", "/a%20b/c", "x=1&x=2&y=%2F", "text")
    assert event["queryStringParameters"] == {"x": "1,2", "y": "/"} and event["cookies"] == ["k=v", "l=w"] and event["headers"]["x-more"] == "m"
    assert event["requestContext"]["http"]["path"] == "/a b/c" and event["requestContext"]["accountId"] == "anonymous"
    assert json.loads(fetch(url, bytes([0, 255]), **{"Content-Type": "image/png"})[1])["isBase64Encoded"]
    assert fetch(url + "plain")[:2] == (200, '{"a": 1}') and fetch(url + "broken")[:2] == (502, "Internal Server Error")
    identifier = url.rstrip("/").split("/")[-1]
    by_host = fetch(f"{yagura.endpoint}/z", Host=f"{identifier}.lambda-url.ap-northeast-1.on.aws")
    assert by_host[0] == 201 and json.loads(by_host[1])["rawPath"] == "/z"
    preflight = fetch(url, method="OPTIONS", **{"Origin": "https://example.org", "Access-Control-Request-Method": "GET"})
    assert preflight[0] == 200 and preflight[2]["Access-Control-Allow-Methods"] == "GET" and preflight[2]["Access-Control-Max-Age"] == "60"
    assert fetch(url, Origin="https://example.org")[2]["Access-Control-Allow-Origin"] == "https://example.org"
    assert fetch(url, Origin="https://evil.example")[2]["Access-Control-Allow-Origin"] is None

    client.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert fetch(url)[0] == 403
    request = AWSRequest("GET", url + "signed")
    SigV4Auth(Credentials(yagura.credentials["accessKeyId"], yagura.credentials["secretAccessKey"]), "lambda", "ap-northeast-1").add_auth(request)
    status, body, _ = fetch(url + "signed", **dict(request.headers))
    assert status == 201 and json.loads(body)["requestContext"]["authorizer"]["iam"]["userArn"].endswith(":user/admin")
    assert client.get_function_url_config(FunctionName=name)["AuthType"] == "AWS_IAM"
    assert [one["FunctionUrl"] for one in client.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]] == [url]
    client.delete_function_url_config(FunctionName=name)
    assert fetch(url)[0] == 404


def test_environments_stand_ready(functions, client):
    name = functions.make("import os, time\nBORN = time.time()\ndef handler(event, context):\n"
                          "    return BORN, os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n")
    version = {"FunctionName": name, "Qualifier": client.publish_version(FunctionName=name)["Version"]}
    assert functions.result(name)[1] == "on-demand"
    refused("InvalidParameterValueException", client.put_provisioned_concurrency_config, **version, ProvisionedConcurrentExecutions=800)
    assert client.put_provisioned_concurrency_config(**version, ProvisionedConcurrentExecutions=2)["Status"] == "IN_PROGRESS"
    until(lambda: client.get_provisioned_concurrency_config(**version)["Status"] == "READY", "ready environments")
    ready = time.time()
    born, kind = functions.result(name, Qualifier="1")
    assert born < ready and kind == "provisioned-concurrency"
    listed = client.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    assert [(one["FunctionArn"].rpartition(":")[2], one["AllocatedProvisionedConcurrentExecutions"]) for one in listed] == [("1", 2)]
    client.delete_provisioned_concurrency_config(**version)
    refused("ProvisionedConcurrencyConfigNotFoundException", client.get_provisioned_concurrency_config, **version)


def test_concurrency_is_kept_and_bounded(functions, client):
    name = functions.make("import time\ndef handler(event, context):\n    time.sleep(event.get('s', 0))\n")
    assert "ReservedConcurrentExecutions" not in client.get_function_concurrency(FunctionName=name)
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    said = refused("TooManyRequestsException", client.invoke, FunctionName=name)
    assert said["Error"]["Message"] == "Rate Exceeded." and said["Type"] == "User" and said["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000
    client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    assert client.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 2}
    refused("InvalidParameterValueException", client.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=950)
    client.delete_function_concurrency(FunctionName=name)
    assert functions.result(name) is None


def test_a_kms_key_seals_the_environment(yagura, functions, client):
    kms = yagura.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    name = functions.make("import os\ndef handler(event, context):\n    return os.environ['COLOUR']\n", KMSKeyArn=key,
                          Environment={"Variables": {"COLOUR": "x" * 3000}})
    assert client.get_function_configuration(FunctionName=name)["Environment"]["Variables"] == {"COLOUR": "x" * 3000}
    refused("KMSAccessDeniedException", client.invoke, FunctionName=name)
    yagura.client("iam").put_role_policy(RoleName=functions.role.split("/")[-1], PolicyName="key", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key}}))
    assert functions.result(name) == "x" * 3000
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOUR": "red"}})
    kms.disable_key(KeyId=key)
    seen = client.get_function_configuration(FunctionName=name)["Environment"]
    assert "Variables" not in seen and seen["Error"]["ErrorCode"] == "DisabledException"
    refused("InvalidParameterValueException", functions.make, ECHO, KMSKeyArn=key, Environment={"Variables": {"COLOUR": "red"}})


def test_tags_and_the_rest(functions, client):
    name = functions.make(ECHO, Tags={"a": "1"})
    arn = client.get_function_configuration(FunctionName=name)["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    assert client.get_function_code_signing_config(FunctionName=name)["CodeSigningConfigArn"] == ""
    assert client.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"
    client.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    assert client.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "FunctionUpdate"
    refused("InvalidParameterValueException", client.put_runtime_management_config, FunctionName=name, UpdateRuntimeOn="Manual",
            RuntimeVersionArn=f"arn:aws:lambda:ap-northeast-1::runtime:{'0' * 64}")
    assert client.invoke_async(FunctionName=name, InvokeArgs=b"{}")["Status"] == 202


def test_asynchronous_calls_are_retried_and_their_ends_told(servers):
    server = servers("--lambda-retry", 50, "--log-level", "info")
    functions = Functions(server)
    functions.role = role(server, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"})
    client = functions.client
    sink = functions.make("import json\ndef handler(event, context):\n    print('SINK ' + json.dumps(event))\n")
    name = functions.make("def handler(event, context):\n    print('TRY')\n    if event['fails']:\n        raise RuntimeError('no')\n    return 7\n")
    to = {"Destination": client.get_function_configuration(FunctionName=sink)["FunctionArn"]}
    refused("InvalidParameterValueException", client.put_function_event_invoke_config, FunctionName=name,
            DestinationConfig={"OnFailure": {"Destination": "arn:aws:sqs:ap-northeast-1:111122223333:q"}})
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=2, DestinationConfig={"OnFailure": to})
    client.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=60, DestinationConfig={"OnFailure": to, "OnSuccess": to})
    config = client.get_function_event_invoke_config(FunctionName=name)
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 60)
    assert len(client.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]) == 1
    for fails in (True, False):
        assert client.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"fails": fails}))["StatusCode"] == 202

    def records():
        lines = [json.loads(line)["line"] for line in server.said().splitlines() if '"line":"SINK ' in line]
        return len(lines) == 2 and {one["requestContext"]["condition"]: one for one in (json.loads(line[5:]) for line in lines)}
    told = until(records, "both ends are told")
    assert told["RetriesExhausted"]["requestContext"]["approximateInvokeCount"] == 3
    assert told["RetriesExhausted"]["responsePayload"]["errorType"] == "RuntimeError" and told["Success"]["responsePayload"] == 7
    assert server.said().count('"line":"TRY"') == 4
    client.delete_function_event_invoke_config(FunctionName=name)
    refused("ResourceNotFoundException", client.get_function_event_invoke_config, FunctionName=name)


@pytest.mark.skipif(FEW or "YAGURA_TEST_STORE" in os.environ, reason="kills are for the release flavour, on SQLite")
def test_an_accepted_event_outlives_a_kill(servers):
    server = servers("--log-level", "info")
    functions = Functions(server)
    name = functions.make("import time\ndef handler(event, context):\n    print('TAKEN')\n    time.sleep(1.5)\n    print('DONE ' + event['k'])\n")
    functions.client.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"k": "x1"}')
    until(lambda: '"line":"TAKEN"' in server.said(), "it runs")
    server.kill()
    server.start()
    until(lambda: '"line":"DONE x1"' in server.said(), "it runs again")


def test_other_clients(yagura, functions, javascript, tmp_path):
    name = unique()
    code = tmp_path / "code.zip"
    code.write_bytes(archive({"index.mjs": "export const handler = async (event, context) => ({ event, name: context.functionName });\n"}))

    def aws(*words):
        done = subprocess.run(["aws", "lambda", *words], env=yagura.environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout
    if shutil.which("aws"):
        made = json.loads(aws("create-function", "--function-name", name, "--runtime", "nodejs20.x", "--handler", "index.handler",
                              "--role", functions.role, "--zip-file", f"fileb://{code}", "--memory-size", "256"))
        assert made["State"] == "Pending"
        aws("invoke", "--function-name", name, "--payload", '{"a":1}', str(tmp_path / "out"))
        assert json.loads((tmp_path / "out").read_text()) == {"event": {"a": 1}, "name": name}
    answer = javascript.call("lambda", "Invoke", FunctionName=functions.make(ECHO), Payload=b'{"b":2}')
    assert answer["StatusCode"] == 200 and json.loads(answer["Payload"]) == {"b": 2}
    chunk, complete = javascript.call("lambda", "InvokeWithResponseStream", FunctionName=functions.make(ECHO), Payload=b'{"c":3}',
                                      LogType="Tail")["EventStream"]
    assert json.loads(chunk["PayloadChunk"]["Payload"]) == {"c": 3} and complete["InvokeComplete"]["LogResult"]
