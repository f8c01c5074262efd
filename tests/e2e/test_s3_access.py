"""Who may on S3: identity policies, bucket policies, ACLs, public access blocks, nobody at all, and another account."""

import json
import urllib.request
import uuid

import botocore
import botocore.config
import botocore.exceptions
import pytest

from test_authorise import Person, allow, document, statement
from test_s3_buckets import REGION, new_bucket, refused

EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


@pytest.fixture(scope="module")
def s3(yagura):
    return yagura.client("s3", REGION)


@pytest.fixture
def bucket(s3):
    name = new_bucket(s3)
    yield name
    s3.delete_bucket_policy(Bucket=name)
    for one in s3.list_object_versions(Bucket=name).get("Versions", []):
        s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    s3.delete_bucket(Bucket=name)


@pytest.fixture
def ann(yagura):
    return Person(yagura, yagura.client("iam"))


def nobody(server):
    return server.client("s3", REGION, config=botocore.config.Config(signature_version=botocore.UNSIGNED))


def unblock(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)


def test_identity_policies_and_their_words(s3, bucket, ann):
    s3.put_object(Bucket=bucket, Key="a/1", Body=b"x")
    mine = ann.server.client("s3", REGION, credentials=ann.keys)
    error = refused(mine.get_object, Bucket=bucket, Key="a/1")
    assert error["Code"] == "AccessDenied" and error["Message"] == (
        f'User: {ann.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::{bucket}/a/1" '
        "because no identity-based policy allows the s3:GetObject action")
    ann.may(document(statement("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/a/*"),
                     statement("Allow", "s3:ListBucket", f"arn:aws:s3:::{bucket}",
                               Condition={"StringLike": {"s3:prefix": "a/*"}, "NumericLessThanEquals": {"s3:max-keys": "10"}})))
    assert mine.get_object(Bucket=bucket, Key="a/1")["Body"].read() == b"x"
    assert mine.list_objects_v2(Bucket=bucket, Prefix="a/", MaxKeys=5)["KeyCount"] == 1
    assert refused(mine.list_objects_v2, Bucket=bucket, Prefix="b/", MaxKeys=5)["Code"] == "AccessDenied"
    assert refused(mine.list_objects_v2, Bucket=bucket, Prefix="a/", MaxKeys=50)["Code"] == "AccessDenied"
    # Whoever may not list doesn't learn that a key isn't there.
    assert refused(mine.get_object, Bucket=bucket, Key="a/2")["Code"] == "AccessDenied"
    assert refused(s3.get_object, Bucket=bucket, Key="a/2")["Code"] == "NoSuchKey"
    assert refused(mine.head_bucket, Bucket=bucket)["Code"] == "403"
    assert refused(mine.head_bucket, Bucket=f"none-{uuid.uuid4().hex}")["Code"] == "404"


def test_what_a_write_says_beside_its_bytes_needs_rights_of_its_own(s3, bucket, ann):
    ann.may(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    mine = ann.server.client("s3", REGION, credentials=ann.keys)
    mine.put_object(Bucket=bucket, Key="k", Body=b"x")
    for more, action in (({"ACL": "bucket-owner-full-control"}, "s3:PutObjectAcl"), ({"Tagging": "a=b"}, "s3:PutObjectTagging"),
                         ({"ObjectLockLegalHoldStatus": "ON"}, "s3:PutObjectLegalHold")):
        assert f"to perform: {action} on" in refused(mine.put_object, Bucket=bucket, Key="k", Body=b"x", **more)["Message"]
    assert "s3:GetObject on" in refused(mine.copy_object, Bucket=bucket, Key="l", CopySource=f"{bucket}/k")["Message"]
    ann.may(allow(["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/*"))
    mine.copy_object(Bucket=bucket, Key="l", CopySource=f"{bucket}/k")
    assert "s3:DeleteObjectVersion on" in refused(mine.delete_object, Bucket=bucket, Key="l", VersionId="null")["Message"]
    made = refused(mine.create_bucket, Bucket=f"b-{uuid.uuid4().hex}", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert "s3:CreateBucket on" in made["Message"]


def test_each_of_many_deletions_is_judged_for_itself(s3, bucket, ann):
    for key in ("mine/1", "yours/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    ann.may(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/*"))
    answer = ann.server.client("s3", REGION, credentials=ann.keys).delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "mine/1"}, {"Key": "yours/1"}]})
    assert [one["Key"] for one in answer["Deleted"]] == ["mine/1"]
    assert [(one["Key"], one["Code"]) for one in answer["Errors"]] == [("yours/1", "AccessDenied")]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["yours/1"]


def test_a_bucket_s_policy_binds_its_own_account_too(s3, bucket, ann):
    ann.may(allow("s3:*"))
    mine = ann.server.client("s3", REGION, credentials=ann.keys)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("Deny", "s3:PutObject", f"arn:aws:s3:::{bucket}/*", Principal="*",
                  Condition={"StringNotEquals": {"s3:x-amz-storage-class": "STANDARD"}}),
        statement("Deny", "s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*",
                  Condition={"StringEquals": {"s3:authType": "REST-QUERY-STRING"}})))
    error = refused(mine.put_object, Bucket=bucket, Key="k", Body=b"x")
    assert error["Message"].endswith("with an explicit deny in a resource-based policy")
    mine.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="STANDARD")
    assert mine.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    signer = ann.server.client("s3", REGION, credentials=ann.keys, config=botocore.config.Config(signature_version="s3v4"))
    url = signer.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)


def test_nobody_may_what_is_public(s3, yagura, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    stranger = nobody(yagura)
    error = refused(stranger.get_object, Bucket=bucket, Key="k")
    assert (error["Code"], error["Message"]) == ("AccessDenied", "Access Denied")
    unblock(s3, bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(statement("Allow", "s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*")))
    assert stranger.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert refused(stranger.put_object, Bucket=bucket, Key="k", Body=b"y")["Code"] == "AccessDenied"
    assert refused(stranger.get_object, Bucket=bucket, Key="other")["Code"] == "AccessDenied"
    assert refused(stranger.list_buckets)["Code"] == "AccessDenied"
    assert refused(stranger.get_object, Bucket=f"none-{uuid.uuid4().hex}", Key="k")["Code"] == "NoSuchBucket"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert refused(stranger.get_object, Bucket=bucket, Key="k")["Code"] == "AccessDenied"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_acls_allow_where_they_are_on(s3, yagura, bucket):
    stranger = nobody(yagura)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    unblock(s3, bucket)
    s3.put_object(Bucket=bucket, Key="open", Body=b"x", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="shut", Body=b"x")
    assert stranger.get_object(Bucket=bucket, Key="open")["Body"].read() == b"x"
    assert refused(stranger.get_object, Bucket=bucket, Key="shut")["Code"] == "AccessDenied"
    s3.put_object_acl(Bucket=bucket, Key="shut", GrantRead=f'uri="{EVERYBODY}"')
    assert [grant["Permission"] for grant in s3.get_object_acl(Bucket=bucket, Key="shut")["Grants"]] == ["READ"]
    assert stranger.get_object(Bucket=bucket, Key="shut")["Body"].read() == b"x"
    assert refused(stranger.list_objects_v2, Bucket=bucket)["Code"] == "AccessDenied"
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read-write")
    assert stranger.list_objects_v2(Bucket=bucket)["KeyCount"] == 2
    stranger.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    stranger.delete_object(Bucket=bucket, Key="theirs")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    for call, more in ((stranger.list_objects_v2, {}), (stranger.get_object, {"Key": "open"})):
        assert refused(call, Bucket=bucket, **more)["Code"] == "AccessDenied"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert "BlockPublicAcls" in refused(s3.put_object, Bucket=bucket, Key="n", Body=b"x", ACL="public-read")["Message"]
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    unblock(s3, bucket)
    assert refused(stranger.get_object, Bucket=bucket, Key="open")["Code"] == "AccessDenied"
    assert refused(s3.put_object, Bucket=bucket, Key="n", Body=b"x", ACL="public-read")["Code"] == "AccessControlListNotSupported"
    s3.put_object(Bucket=bucket, Key="n", Body=b"x", ACL="bucket-owner-full-control")


def test_the_expected_owner_must_own(s3, yagura, bucket):
    account = yagura.client("sts").get_caller_identity()["Account"]
    s3.get_bucket_location(Bucket=bucket, ExpectedBucketOwner=account)
    assert refused(s3.get_bucket_location, Bucket=bucket, ExpectedBucketOwner="999999999999")["Code"] == "AccessDenied"
    error = refused(s3.get_bucket_location, Bucket=bucket, ExpectedBucketOwner="abcd")
    assert error["Code"] == "InvalidBucketOwnerAWSAccountID" and error["Message"].endswith("[abcd]")


def test_another_account(servers):
    other = "444455556666"
    first = servers("--account-id", other)
    keys = dict(first.credentials)
    first.stop()
    (first.data / "credentials").unlink()
    server = servers("--account-id", "111122223333", of=first)
    s3, theirs = server.client("s3", REGION), server.client("s3", REGION, credentials=keys)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refused(theirs.get_object, Bucket=bucket, Key="k")["Message"] == "Access Denied"
    taken = refused(theirs.create_bucket, Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert taken["Code"] == "BucketAlreadyExists"
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        statement("Allow", ["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*", Principal={"AWS": other})))
    assert theirs.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert refused(theirs.list_objects_v2, Bucket=bucket)["Message"] == "Access Denied"
    # Where its writer owns an object, the bucket's owner reads it only when the ACL says so.
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    theirs.put_object(Bucket=bucket, Key="foreign", Body=b"y")
    assert refused(s3.get_object, Bucket=bucket, Key="foreign")["Code"] == "AccessDenied"
    assert theirs.get_object(Bucket=bucket, Key="foreign")["Body"].read() == b"y"
    theirs.put_object_acl(Bucket=bucket, Key="foreign", ACL="bucket-owner-full-control")
    assert s3.get_object(Bucket=bucket, Key="foreign")["Body"].read() == b"y"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert refused(theirs.get_object, Bucket=bucket, Key="k")["Code"] == "AccessDenied"
    assert theirs.get_object(Bucket=bucket, Key="k", RequestPayer="requester")["Body"].read() == b"x"
    owner = theirs.list_buckets()["Owner"]["ID"]
    s3.put_bucket_acl(Bucket=bucket, GrantRead=f'id="{owner}"')
    assert theirs.list_objects_v2(Bucket=bucket, RequestPayer="requester")["KeyCount"] == 2
