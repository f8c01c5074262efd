"""GuardDuty's findings exported to S3, and what filters hide: through boto3, a fake S3 and the command line."""

import gzip
import json
import os
import re
import subprocess

import pytest
from botocore.exceptions import ClientError

from conftest import binary, until
from fake_aws import ACCESS_KEY, SECRET, FakeAws

KEY = "UnauthorizedAccess:IAMUser/MaliciousIPCaller"
TOR = "UnauthorizedAccess:EC2/TorClient"
KMS = "arn:aws:kms:ap-northeast-1:111122223333:key/12345678-1234-1234-1234-123456789012"
PROPERTIES = {"DestinationArn": "arn:aws:s3:::findings/audit", "KmsKeyArn": KMS}
HIDING = "Policy:IAMUser/SuppressionRuleHidesHighSeverity.Yagura"


@pytest.fixture
def s3():
    fake = FakeAws()
    fake.buckets.add("findings")
    yield fake
    fake.stop()


@pytest.fixture
def server(servers, s3, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
    return servers()


@pytest.fixture
def client(server):
    return server.client("guardduty")


def refused(call, words, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] == "BadRequestException" and words in error["Message"], error


def exported(s3):
    return {key: body for (bucket, key), body in s3.objects.items() if key.endswith(".jsonl.gz")}


def test_findings_are_exported(client, s3):
    detector = client.create_detector(Enable=True)["DetectorId"]
    ask = {"DetectorId": detector}
    made = client.create_publishing_destination(**ask, DestinationType="S3", DestinationProperties=PROPERTIES,
                                                ClientToken="once", Tags={"team": "blue"})["DestinationId"]
    again = client.create_publishing_destination(**ask, DestinationType="S3", DestinationProperties=PROPERTIES,
                                                 ClientToken="once")["DestinationId"]
    assert again == made
    refused(client.create_publishing_destination, "already exists", **ask, DestinationType="S3",
            DestinationProperties=PROPERTIES)
    it = {**ask, "DestinationId": made}
    until(lambda: client.describe_publishing_destination(**it)["Status"] == "PUBLISHING", "the destination is tried")
    shown = client.describe_publishing_destination(**it)
    assert shown["DestinationProperties"] == PROPERTIES and shown["Tags"] == {"team": "blue"}
    assert shown["PublishingFailureStartTimestamp"] == 0
    assert client.list_publishing_destinations(**ask)["Destinations"] == [
        {"DestinationId": made, "DestinationType": "S3", "Status": "PUBLISHING"}]
    assert s3.objects["findings", "audit/AWSLogs/"] == b""

    client.create_sample_findings(**ask, FindingTypes=[KEY, TOR])
    until(lambda: exported(s3), "an object comes")
    ((key, body),) = exported(s3).items()
    assert re.fullmatch(r"audit/AWSLogs/111122223333/GuardDuty/ap-northeast-1/\d{4}/\d\d/\d\d/[0-9a-f]{8}(-[0-9a-f]{4}){3}"
                        r"-[0-9a-f]{12}\.jsonl\.gz", key)
    lines = [json.loads(line) for line in gzip.decompress(body).decode().splitlines()]
    assert {line["type"] for line in lines} == {KEY, TOR}
    assert {line["service"]["detectorId"] for line in lines} == {detector}
    assert all(line["arn"].endswith(f"detector/{detector}/finding/{line['id']}") for line in lines)
    headers = s3.headers["findings", key]
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == KMS

    client.delete_publishing_destination(**it)
    refused(client.describe_publishing_destination, "one or more input parameters have invalid values", **it)
    assert client.list_publishing_destinations(**ask)["Destinations"] == []


def test_a_destination_that_fails_says_so_and_loses_nothing(client, s3):
    s3.buckets.clear()
    ask = {"DetectorId": client.create_detector(Enable=True)["DetectorId"]}
    made = client.create_publishing_destination(
        **ask, DestinationType="S3", DestinationProperties={**PROPERTIES, "ExpectedBucketOwner": "111122223333"})
    it = {**ask, "DestinationId": made["DestinationId"]}
    failing = "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"
    until(lambda: client.describe_publishing_destination(**it)["Status"] == failing, "the failure shows")
    assert client.describe_publishing_destination(**it)["PublishingFailureStartTimestamp"] > 1600000000000
    client.create_sample_findings(**ask, FindingTypes=[TOR])
    s3.buckets.add("other")
    client.update_publishing_destination(**it, DestinationProperties={"DestinationArn": "arn:aws:s3:::other"})
    assert client.describe_publishing_destination(**it)["DestinationProperties"]["KmsKeyArn"] == KMS
    until(lambda: client.describe_publishing_destination(**it)["Status"] == "PUBLISHING", "it works")
    until(lambda: exported(s3), "the finding comes in the end")
    ((key, body),) = exported(s3).items()
    assert key.startswith("AWSLogs/111122223333/GuardDuty/") and TOR in gzip.decompress(body).decode()
    assert s3.headers["other", key]["x-amz-expected-bucket-owner"] == "111122223333"


def test_destinations_that_are_refused(client):
    ask = {"DetectorId": client.create_detector(Enable=True)["DetectorId"], "DestinationType": "S3"}
    for arn in ["arn:aws:s3:::", "arn:aws:sqs:::findings", "findings", "arn:aws:s3:::UPPER"]:
        refused(client.create_publishing_destination, "destinationArn", **ask,
                DestinationProperties={**PROPERTIES, "DestinationArn": arn})
    for arn in ["", "arn:aws:kms:ap-northeast-1:111122223333:alias/x", "arn:aws:kms::111122223333:key/1"]:
        refused(client.create_publishing_destination, "kmsKeyArn", **ask,
                DestinationProperties={**PROPERTIES, "KmsKeyArn": arn})
    # Nothing of an ARN may lead a signed call to another host, or into another header.
    for arn in ["arn:aws:kms:a@evil.example/:111122223333:key/1", "arn:aws:kms:eu-west-1:111122223333:key/1\r\nX-Y: z"]:
        refused(client.create_publishing_destination, "kmsKeyArn", **ask,
                DestinationProperties={**PROPERTIES, "KmsKeyArn": arn})
    refused(client.create_publishing_destination, "expectedBucketOwner", **ask,
            DestinationProperties={**PROPERTIES, "ExpectedBucketOwner": "1\r\nX-Y: zzzz"})
    refused(client.create_publishing_destination, "kmsKeyArn", **ask,
            DestinationProperties={"DestinationArn": PROPERTIES["DestinationArn"]})


def test_without_keys_nothing_is_exported_and_it_says_so(servers, monkeypatch):
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]:
        monkeypatch.delenv(name, raising=False)
    for name in ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"]:
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server = servers()
    client = server.client("guardduty")
    ask = {"DetectorId": client.create_detector(Enable=True)["DetectorId"]}
    made = client.create_publishing_destination(**ask, DestinationType="S3", DestinationProperties=PROPERTIES)
    until(lambda: client.describe_publishing_destination(**ask, DestinationId=made["DestinationId"])["Status"]
          == "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY", "the failure shows")
    assert "findings are not exported yet" in server.said()


def test_what_filters_hide_is_listed_until_acknowledged(client, server, s3):
    ask = {"DetectorId": client.create_detector(Enable=True)["DetectorId"]}
    client.create_publishing_destination(**ask, DestinationType="S3", DestinationProperties=PROPERTIES)
    client.create_filter(**ask, Name="quiet", Action="ARCHIVE",
                         FindingCriteria={"Criterion": {"type": {"Matches": ["UnauthorizedAccess:*"]}}})
    client.create_sample_findings(**ask, FindingTypes=[KEY, TOR])
    until(lambda: exported(s3), "the finding about the filter comes")
    text = "".join(gzip.decompress(body).decode() for body in exported(s3).values())
    assert HIDING in text and TOR not in text and KEY not in text

    def yagura(*words):
        store = ["--store", server.store] if server.store else []
        return subprocess.run([binary(), "findings", *words, "--data", server.data, *store], capture_output=True, text=True,
                              check=False, env={**os.environ, "YAGURA_LOG_LEVEL": "error"})
    listed = yagura("hidden", "--format", "json")
    (row,) = json.loads(listed.stdout)
    assert listed.returncode == 1
    assert row["filter"] == "quiet" and row["hidden"] == 2 and row["high"] == 1 and row["critical"] == 0
    assert row["region"] == "ap-northeast-1" and "high" in yagura("hidden").stdout
    assert yagura("acknowledge", "quiet").returncode == 2
    missing = yagura("acknowledge", "nothing", "--reason", "x")
    assert missing.returncode == 4 and "yagura findings hidden" in missing.stderr
    done = yagura("acknowledge", "quiet", "--reason", "pentest until June")
    assert done.returncode == 0, done.stderr
    listed = yagura("hidden")
    assert listed.returncode == 0 and "no filter" in listed.stdout
    # Changed, it has to be acknowledged again.
    client.update_filter(**ask, FilterName="quiet", FindingCriteria={"Criterion": {"severity": {"Gte": 7}}})
    assert yagura("hidden").returncode == 1
