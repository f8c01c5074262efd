"""What buckets are told: documents put, shown, dropped and refused as S3 does."""

import concurrent.futures
import json
import os
import re
import subprocess
import uuid

import botocore.config
import botocore.exceptions
import pytest

from conftest import binary, until
from keys import totp

REGION = "ap-northeast-1"
RACES = int(os.environ.get("YAGURA_RACES", "20" if os.environ.get("YAGURA_TEST_STORE") else "3"))  # one writes at a time on SQLite


def refused(call, **members):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]


def new_bucket(s3, **more):
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, **more)
    return name


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", REGION)


@pytest.fixture
def bucket(s3):
    name = new_bucket(s3)
    yield name
    s3.delete_bucket(Bucket=name)


# kind, put, its member, a value, what Get says where there is none
DOCUMENTS = [
    ("cors", "put_bucket_cors", "CORSConfiguration",
     {"CORSRules": [{"ID": "a", "AllowedMethods": ["GET"], "AllowedOrigins": ["https://*.example.com"], "AllowedHeaders": ["x-*"],
                     "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}, "NoSuchCORSConfiguration"),
    ("website", "put_bucket_website", "WebsiteConfiguration",
     {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
      "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"ReplaceKeyPrefixWith": "b/"}}]},
     "NoSuchWebsiteConfiguration"),
    ("tagging", "put_bucket_tagging", "Tagging", {"TagSet": [{"Key": "team", "Value": "x"}, {"Key": "b", "Value": ""}]}, "NoSuchTagSet"),
]


@pytest.mark.parametrize("kind, put, member, value, absent", DOCUMENTS, ids=[row[0] for row in DOCUMENTS])
def test_a_document_is_put_shown_and_dropped(s3, bucket, kind, put, member, value, absent):
    show, drop = getattr(s3, f"get_bucket_{kind}"), getattr(s3, f"delete_bucket_{kind}")
    error = refused(show, Bucket=bucket)
    assert error["Code"] == absent and error["BucketName"] == bucket
    getattr(s3, put)(Bucket=bucket, **{member: value})
    shown = show(Bucket=bucket)
    shown.pop("ResponseMetadata")
    assert shown == value
    assert drop(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(show, Bucket=bucket)["Code"] == absent
    drop(Bucket=bucket)


def test_a_new_bucket_keeps_to_its_owner(s3, bucket):
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert set(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"] and acl["Grants"][0]["Grantee"]["ID"] == acl["Owner"]["ID"]
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == "Disabled"
    for show in (s3.get_bucket_logging, s3.get_bucket_accelerate_configuration, s3.get_bucket_notification_configuration):
        shown = show(Bucket=bucket)
        shown.pop("ResponseMetadata")
        assert shown == {}
    for show, code in ((s3.get_bucket_policy, "NoSuchBucketPolicy"), (s3.get_bucket_policy_status, "NoSuchBucketPolicy"),
                       (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
                       (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
                       (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError")):
        assert refused(show, Bucket=bucket)["Code"] == code


def test_ownership_and_public_access(s3, bucket):
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refused(s3.get_bucket_ownership_controls, Bucket=bucket)["Code"] == "OwnershipControlsNotFoundError"
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    error = refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")
    assert error["Code"] == "AccessDenied" and "BlockPublicAcls" in error["Message"]
    s3.delete_public_access_block(Bucket=bucket)
    assert refused(s3.get_public_access_block, Bucket=bucket)["Code"] == "NoSuchPublicAccessBlockConfiguration"
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert acl["Grants"][1] == {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"},
                                "Permission": "READ"}
    assert refused(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls={"Rules": [
        {"ObjectOwnership": "BucketOwnerEnforced"}]})["Code"] == "InvalidBucketAclWithObjectOwnership"
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"][:1]})
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")["Code"] == "AccessControlListNotSupported"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}


def test_policies(s3, bucket, yagura):
    def document(principal, resource=None):
        return json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": resource or f"arn:aws:s3:::{bucket}/*"}]})
    account = yagura.client("sts").get_caller_identity()["Account"]
    own = document({"AWS": f"arn:aws:iam::{account}:root"})
    assert s3.put_bucket_policy(Bucket=bucket, Policy=own)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == own
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    error = refused(s3.put_bucket_policy, Bucket=bucket, Policy=document("*"))
    assert error["Code"] == "AccessDenied" and "BlockPublicPolicy" in error["Message"]
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document("*"))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    for bad, words in (("", "first byte must be '{'"), ("{}", "Missing required field Statement"),
                       (document("*", "arn:aws:s3:::other/*"), "Policy has invalid resource"), (document({"AWS": "nobody"}), "")):
        error = refused(s3.put_bucket_policy, Bucket=bucket, Policy=bad)
        assert error["Code"] == "MalformedPolicy" and words in error["Message"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)


def test_encryption_logging_payment_acceleration_abac(s3, bucket):
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x"}, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == rules
    s3.delete_bucket_encryption(Bucket=bucket)
    assert "aws:kms" not in str(s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"])
    rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] = "AES256"
    assert refused(s3.put_bucket_encryption, Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})["Code"] == "InvalidArgument"
    logging = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "log/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == logging["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    logging["LoggingEnabled"]["TargetBucket"] = "nowhere-at-all"
    error = refused(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=logging)
    assert error["Code"] == "InvalidTargetBucketForLogging" and error["TargetBucket"] == "nowhere-at-all"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == "Enabled"


def test_lifecycle(s3, bucket):
    rules = [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 30},
              "Transitions": [{"Days": 7, "StorageClass": "GLACIER"}], "NoncurrentVersionExpiration": {"NoncurrentDays": 3},
              "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]
    put = lambda *given, **more: s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(given)}, **more)
    assert put(*rules)["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    shown = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert shown["Rules"] == rules and shown["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    put(*rules, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    plain = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    for bad, code in (({**plain}, "InvalidRequest"), ({**plain, "Expiration": {"Days": 0}}, "InvalidArgument"),
                      ({**plain, "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"),
                      ({"Status": "Enabled", "Expiration": {"Days": 1}}, "MalformedXML"),
                      ({**plain, "Status": "On", "Expiration": {"Days": 1}}, "MalformedXML"),
                      ({**plain, "Expiration": {"Date": "2030-01-01T01:00:00Z"}}, "InvalidArgument")):
        error = refused(put, **{}) if bad is None else None
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            put(bad)
        assert caught.value.response["Error"]["Code"] == code, bad
    with pytest.raises(botocore.exceptions.ClientError, match="Rule ID must be unique"):
        put(*rules, *rules)
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refused(s3.get_bucket_lifecycle_configuration, Bucket=bucket)["Code"] == "NoSuchLifecycleConfiguration"


def test_object_lock_needs_versions(s3):
    bucket = new_bucket(s3)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    assert refused(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=lock)["Code"] == "InvalidBucketState"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for bad in ({}, {"ObjectLockEnabled": "Enabled", "Rule": {}}, {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {
            "Mode": "GOVERNANCE", "Days": 1, "Years": 1}}}):
        assert refused(s3.put_object_lock_configuration, Bucket=bucket, ObjectLockConfiguration=bad)["Code"] == "MalformedXML"
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == lock
    error = refused(s3.put_bucket_versioning, Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert error["Code"] == "InvalidBucketState"
    s3.delete_bucket(Bucket=bucket)


MANY = [
    ("metrics", "MetricsConfiguration", {"Filter": {"Prefix": "a/"}}),
    ("analytics", "AnalyticsConfiguration", {"StorageClassAnalysis": {}}),
    ("intelligent_tiering", "IntelligentTieringConfiguration",
     {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}),
    ("inventory", "InventoryConfiguration",
     {"Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::target", "Format": "CSV"}}, "IsEnabled": True,
      "IncludedObjectVersions": "Current", "Schedule": {"Frequency": "Daily"}}),
]


@pytest.mark.parametrize("noun, member, value", MANY, ids=[row[0] for row in MANY])
def test_many_configurations(s3, bucket, noun, member, value):
    put = getattr(s3, f"put_bucket_{noun}_configuration")
    show = getattr(s3, f"get_bucket_{noun}_configuration")
    drop = getattr(s3, f"delete_bucket_{noun}_configuration")
    listed = getattr(s3, f"list_bucket_{noun}_configurations")
    assert refused(show, Bucket=bucket, Id="one")["Code"] == "NoSuchConfiguration"
    for name in ("two", "one"):
        put(Bucket=bucket, Id=name, **{member: {"Id": name, **value}})
    assert refused(put, Bucket=bucket, Id="three", **{member: {"Id": "four", **value}})["Code"] == ("MalformedXML" if noun == "analytics" else "InvalidArgument")
    assert show(Bucket=bucket, Id="one")[member] == {"Id": "one", **value}
    answer = listed(Bucket=bucket)
    assert [one["Id"] for one in answer[f"{member}List"]] == ["one", "two"] and answer["IsTruncated"] is False
    drop(Bucket=bucket, Id="one")
    assert refused(drop, Bucket=bucket, Id="one")["Code"] == "NoSuchConfiguration"


def test_replication_and_foreign_notifications_are_refused_in_plain_words(s3, bucket):
    error = refused(s3.put_bucket_replication, Bucket=bucket, ReplicationConfiguration={
        "Role": "arn:aws:iam::111122223333:role/r", "Rules": [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::b"}}]})
    assert error["Code"] == "NotImplemented" and "Replication" in error["Message"]
    s3.delete_bucket_replication(Bucket=bucket)
    put = lambda **asked: refused(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=asked)
    events = {"Events": ["s3:ObjectCreated:*"]}
    assert put(TopicConfigurations=[{"TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", **events}])["Code"] == "NotImplemented"
    assert put(QueueConfigurations=[{"QueueArn": "arn:aws:sqs:eu-west-1:111122223333:q", **events}])["Code"] == "NotImplemented"
    assert put(EventBridgeConfiguration={})["Code"] == "NotImplemented"
    error = put(TopicConfigurations=[{"TopicArn": "topic", **events}])
    assert error["Message"] == "The ARN could not be parsed" and error["ArgumentName"] == "Topic"
    error = put(LambdaFunctionConfigurations=[{"LambdaFunctionArn": f"arn:aws:lambda:{REGION}:111122223333:function:none", **events}])
    assert error["Message"] == "Unable to validate the following destination configurations"


def test_versions_that_go_only_with_a_code(yagura, s3):
    said = subprocess.run([binary(), "env", "--data", str(yagura.data), "--account", yagura.client("sts").get_caller_identity()["Account"]],
                          capture_output=True, text=True, check=True).stdout
    exported = dict(re.findall(r"export (\w+)='(.*)'", said))
    root = {"accessKeyId": exported["AWS_ACCESS_KEY_ID"], "secretAccessKey": exported["AWS_SECRET_ACCESS_KEY"],
            "sessionToken": exported["AWS_SESSION_TOKEN"]}
    iam, mine, bucket = yagura.client("iam", credentials=root), yagura.client("s3", REGION, root), new_bucket(s3)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"root-{uuid.uuid4().hex[:8]}")["VirtualMFADevice"]
    seed, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
    iam.enable_mfa_device(UserName="root", SerialNumber=serial, AuthenticationCode1=totp(seed, -2), AuthenticationCode2=totp(seed, -1))
    asked = {"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}}
    assert refused(mine.put_bucket_versioning, **asked)["Message"] == "Mfa Authentication must be used for this request"
    assert refused(mine.put_bucket_versioning, MFA=f"{serial} 000000", **asked)["Code"] == "AccessDenied"
    mine.put_bucket_versioning(MFA=f"{serial} {totp(seed)}", **asked)
    assert s3.get_bucket_versioning(Bucket=bucket)["MFADelete"] == "Enabled"
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")  # a marker takes nothing away
    one = {"Bucket": bucket, "Key": "k", "VersionId": version}
    for call, members in ((s3.delete_object, one), (mine.delete_object, {**one, "MFA": f"{serial} {totp(seed)}"}),
                          (s3.delete_objects, {"Bucket": bucket, "Delete": {"Objects": [{"Key": "k", "VersionId": version}]}}),
                          (mine.put_bucket_versioning, {**asked, "VersioningConfiguration": {"Status": "Suspended"}})):
        assert refused(call, **members)["Code"] == "AccessDenied"
    mine.delete_object(MFA=f"{serial} {totp(seed, 1)}", **one)
    assert len(s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]) == 1
    iam.deactivate_mfa_device(UserName="root", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_bucket_calls_are_management_events_of_cloudtrail_s_shape(yagura, s3, bucket):
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    trail = yagura.client("cloudtrail", REGION)

    def look():
        told = trail.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": bucket}])["Events"]
        return next((json.loads(one["CloudTrailEvent"]) for one in told if one["EventName"] == "PutBucketPolicy"), None)
    event = until(look, "the event")
    assert event["eventSource"] == "s3.amazonaws.com" and event["managementEvent"] is True
    asked = event["requestParameters"]
    assert (asked["bucketName"], asked["policy"], asked["bucketPolicy"]) == (bucket, "", json.loads(policy)) and asked["Host"]
    assert event["resources"][0]["type"] == "AWS::S3::Bucket" and event["resources"][0]["ARN"] == f"arn:aws:s3:::{bucket}"
    assert event["additionalEventData"]["AuthenticationMethod"] == "AuthHeader"


def test_a_bucket_goes_only_when_nothing_is_coming_in(yagura):
    """DeleteBucket beside PutObject: one of the two is refused."""
    first, *others = [yagura.client("s3", REGION, config=botocore.config.Config(retries={"total_max_attempts": 1})) for _ in range(4)]

    def succeeds(call, **members):
        try:
            call(**members)
            return True
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] in ("NoSuchBucket", "BucketNotEmpty"), error.response
            return False

    with concurrent.futures.ThreadPoolExecutor(len(others)) as pool:
        for _ in range(RACES):
            bucket = new_bucket(first)
            puts = {f"k{n}": pool.submit(succeeds, s3.put_object, Bucket=bucket, Key=f"k{n}", Body=b"x") for n, s3 in enumerate(others)}
            gone = succeeds(first.delete_bucket, Bucket=bucket)
            put = sorted(key for key, done in puts.items() if done.result())
            assert not (gone and put), put
            if not gone:
                assert [one["Key"] for one in first.list_objects_v2(Bucket=bucket)["Contents"]] == put
                first.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in put]})
                first.delete_bucket(Bucket=bucket)
