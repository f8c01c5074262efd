"""S3 Control: what an account says of public access, and tags of buckets; the account stands in front of the host."""

import os
import socket
import subprocess

import botocore.exceptions
import pytest

from conftest import binary
from test_authorise import Person
from test_s3_access import nobody
from test_s3_buckets import REGION, new_bucket, refused


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """ACCOUNT.127.0.0.1 resolves nowhere: the line of `yagura env --hosts` would help; here the resolver does."""
    plain = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **others: plain(
        "127.0.0.1" if isinstance(host, str) and host.endswith(".localhost") else host, *more, **others))


@pytest.fixture
def control(yagura):
    plain, yagura.endpoint = yagura.endpoint, yagura.endpoint.replace("127.0.0.1", "localhost")
    yield yagura.client("s3control", REGION)
    yagura.endpoint = plain


@pytest.fixture(scope="module")
def account(yagura):
    return yagura.client("sts").get_caller_identity()["Account"]


def test_an_account_blocks_public_access_to_all_its_buckets(yagura, control, account):
    s3 = yagura.client("s3", REGION)
    bucket = new_bucket(s3)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    error = refused(control.get_public_access_block, AccountId=account)
    assert error["Code"] == "NoSuchPublicAccessBlockConfiguration" and error["AccountId"] == account
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration={"IgnorePublicAcls": True, "BlockPublicAcls": True})
    assert control.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    stranger = nobody(yagura)
    assert refused(stranger.list_objects_v2, Bucket=bucket)["Code"] == "AccessDenied"
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read")["Code"] == "AccessDenied"
    control.delete_public_access_block(AccountId=account)
    assert stranger.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    s3.delete_bucket(Bucket=bucket)
    assert refused(control.get_public_access_block, AccountId="999999999999")["Code"] == "AccessDenied"


def test_tags_of_buckets_one_at_a_time(yagura, control, account):
    s3 = yagura.client("s3", REGION)
    bucket = new_bucket(s3, )
    arn = f"arn:aws:s3:::{bucket}"
    told = lambda: control.list_tags_for_resource(AccountId=account, ResourceArn=arn)["Tags"]
    assert told() == []
    control.tag_resource(AccountId=account, ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
    control.tag_resource(AccountId=account, ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    assert told() == s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    control.untag_resource(AccountId=account, ResourceArn=arn, TagKeys=["a", "none"])
    assert told() == [{"Key": "b", "Value": ""}]
    tag = lambda *tags: refused(control.tag_resource, AccountId=account, ResourceArn=arn, Tags=list(tags))
    assert "duplicate" in tag({"Key": "x", "Value": ""}, {"Key": "x", "Value": ""})["Message"]
    assert "reserved" in tag({"Key": "aws:x", "Value": ""})["Message"] and tag({"Key": "a,b", "Value": ""})["Code"] == "InvalidTag"
    s3.delete_bucket(Bucket=bucket)
    assert refused(control.list_tags_for_resource, AccountId=account, ResourceArn=arn)["Code"] == "NoSuchResource"


def test_whoever_has_no_policy_may_do_nothing(yagura, account):
    ann = Person(yagura, yagura.client("iam"))
    plain, yagura.endpoint = yagura.endpoint, yagura.endpoint.replace("127.0.0.1", "localhost")
    mine, yagura.endpoint = yagura.client("s3control", REGION, ann.keys), plain
    bucket = new_bucket(yagura.client("s3", REGION))
    which = {"AccountId": account, "ResourceArn": f"arn:aws:s3:::{bucket}"}
    for call, action, members in (
            (mine.get_public_access_block, "GetAccountPublicAccessBlock", {"AccountId": account}),
            (mine.put_public_access_block, "PutAccountPublicAccessBlock", {"AccountId": account, "PublicAccessBlockConfiguration": {}}),
            (mine.delete_public_access_block, "PutAccountPublicAccessBlock", {"AccountId": account}),
            (mine.list_tags_for_resource, "ListTagsForResource", which), (mine.tag_resource, "TagResource", {**which, "Tags": []}),
            (mine.untag_resource, "UntagResource", {**which, "TagKeys": ["a"]})):
        error = refused(call, **members)
        assert error["Code"] == "AccessDenied" and f"is not authorized to perform: s3:{action} on" in error["Message"], error


def test_what_is_not_built_says_so(control, account):
    assert refused(control.list_access_points, AccountId=account)["Code"] == "NotImplemented"


def test_env_prints_the_line_for_the_hosts_file(yagura, account):
    told = subprocess.run([binary(), "env", "--hosts", "--data", str(yagura.data)], capture_output=True, text=True, check=True,
                          env={**os.environ}).stdout
    assert told.startswith("127.0.0.1 ") and f"{account}.localhost" in told and "export" not in told
