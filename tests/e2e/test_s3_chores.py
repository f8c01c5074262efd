"""What buckets do of themselves: lifecycle rules, access logs, and telling functions of events."""

import datetime
import json
import os
import time

import botocore.auth
import botocore.compat
import pytest
from botocore.exceptions import ClientError

import conftest
from functions import python

ACCOUNT = "111122223333"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TELLER = "import json\ndef handler(event, context):\n    print('HEARD', json.dumps(event))\n"


def waited(look, seconds=20):
    """What look gives, once it gives something."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it never came")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of our own, which delivers logs at once."""
    made = conftest.Yagura(tmp_path_factory.mktemp("chores") / "data", "--trail-delivery", "1s").start()
    yield made
    made.stop()


def new_bucket(s3, **more):
    name = f"chores-{os.urandom(6).hex()}"
    s3.create_bucket(Bucket=name, **more)
    return name


def test_accesses_are_logged_into_the_target(own):
    s3 = own.client("s3", "us-east-1")
    logged, target = new_bucket(s3), new_bucket(s3)
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{target}/logs/*", "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]}))
    s3.put_bucket_logging(Bucket=logged, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "logs/"}})
    time.sleep(1.2)  # whose buckets log is looked up each second
    s3.put_object(Bucket=logged, Key="a b", Body=b"0123456789")
    s3.get_object(Bucket=logged, Key="a b")
    with pytest.raises(ClientError):
        s3.get_object(Bucket=logged, Key="none")
    def lines():
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=target, Prefix="logs/").get("Contents", [])]
        text = "".join(s3.get_object(Bucket=target, Key=key)["Body"].read().decode() for key in keys)
        return text.splitlines() if "NoSuchKey" in text else None
    found = waited(lines)
    put = next(line for line in found if "REST.PUT.OBJECT" in line)
    assert f" {logged} [" in put and " a%20b " in put and ' 200 - - 10 ' in put and "SigV4" in put and "user/admin" in put
    assert any("REST.GET.OBJECT none" in line and " 404 NoSuchKey " in line for line in found)
    assert len(found) == 3


def test_functions_hear_of_the_events_they_asked_for(own):
    s3, functions, iam = own.client("s3", "us-east-1"), own.client("lambda", "us-east-1"), own.client("iam")
    bucket = new_bucket(s3)
    iam.create_role(RoleName="teller", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="teller", PolicyName="all", PolicyDocument=ALLOW_ALL)
    log = own.client("logs", "us-east-1")
    made = functions.create_function(FunctionName="teller", Runtime="python3.13", Handler="app.handler", Timeout=20,
                                     Role=f"arn:aws:iam::{ACCOUNT}:role/teller", Code={"ZipFile": python(TELLER)})
    wanted = {"LambdaFunctionConfigurations": [{
        "Id": "mine", "LambdaFunctionArn": made["FunctionArn"], "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]}}}]}
    with pytest.raises(ClientError):
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    functions.add_permission(FunctionName="teller", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com",
                             SourceArn=f"arn:aws:s3:::{bucket}", SourceAccount=ACCOUNT)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    for key in ("in/a b.jpg", "in/a.png", "out/a.jpg"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"123")
    s3.delete_object(Bucket=bucket, Key="in/a b.jpg")

    def heard():
        try:
            events = log.filter_log_events(logGroupName="/aws/lambda/teller", filterPattern="HEARD")["events"]
        except ClientError:
            return None
        return [event["message"] for event in events] if len(events) >= 2 else None
    records = [json.loads(line.split("HEARD ")[1])["Records"][0] for line in waited(heard, 40)]
    assert sorted(record["eventName"] for record in records) == ["ObjectCreated:Put", "ObjectRemoved:Delete"]
    put = next(record for record in records if record["eventName"] == "ObjectCreated:Put")
    assert put["s3"]["object"]["key"] == "in/a+b.jpg" and put["s3"]["object"]["size"] == 3 and put["s3"]["configurationId"] == "mine"
    assert put["userIdentity"]["principalId"].startswith("AWS:AIDA") and put["s3"]["bucket"]["name"] == bucket


@pytest.fixture
def ahead(monkeypatch):
    """A server whose clock, and its clients' with it, is moved on."""
    now = botocore.compat.get_current_datetime
    shift = datetime.timedelta()
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: now(remove_tzinfo) + shift)

    def move(server, days):
        nonlocal shift
        server.stop()
        shift = datetime.timedelta(days=days)
        server.options = ["--clock", f"{days * 24}h"]
        server.start()
        return server.client("s3", "us-east-1")
    return move


def test_lifecycle_rules_are_carried_out(tmp_path, ahead):
    server = conftest.Yagura(tmp_path / "data").start()
    try:
        s3 = server.client("s3", "us-east-1")
        plain, kept = new_bucket(s3), new_bucket(s3, ObjectLockEnabledForBucket=True)
        s3.put_bucket_lifecycle_configuration(Bucket=plain, LifecycleConfiguration={"Rules": [
            {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
            {"ID": "red", "Status": "Enabled", "Filter": {"Tag": {"Key": "team", "Value": "red"}}, "Expiration": {"Days": 2}}]})
        s3.put_bucket_lifecycle_configuration(Bucket=kept, LifecycleConfiguration={"Rules": [
            {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 2},
             "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]})
        told = s3.put_object(Bucket=plain, Key="logs/a", Body=b"x")["Expiration"]
        assert 'rule-id="logs"' in told and "00:00:00 GMT" in told
        s3.put_object(Bucket=plain, Key="red", Body=b"x", Tagging="team=red")
        s3.put_object(Bucket=plain, Key="blue", Body=b"x" * 50_000, Tagging="team=blue")
        s3.create_multipart_upload(Bucket=plain, Key="logs/never")
        old = s3.put_object(Bucket=kept, Key="a", Body=b"old")["VersionId"]
        held = s3.put_object(Bucket=kept, Key="b", Body=b"held", ObjectLockLegalHoldStatus="ON")["VersionId"]
        s3 = ahead(server, 5)
        waited(lambda: "Contents" in s3.list_objects_v2(Bucket=plain) and s3.list_objects_v2(Bucket=plain)["KeyCount"] == 1)
        assert s3.get_object(Bucket=plain, Key="blue")["ContentLength"] == 50_000
        waited(lambda: "Uploads" not in s3.list_multipart_uploads(Bucket=plain))
        waited(lambda: len(s3.list_object_versions(Bucket=kept).get("DeleteMarkers", [])) == 2)
        s3 = ahead(server, 10)
        waited(lambda: [one["VersionId"] for one in s3.list_object_versions(Bucket=kept)["Versions"]] == [held])
        assert old != held
    finally:
        server.stop()
