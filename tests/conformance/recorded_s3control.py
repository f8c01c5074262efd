"""S3 Control as AWS answered it."""

import socket

import botocore.config

from recorded import case

UNCHECKED = botocore.config.Config(parameter_validation=False)  # boto3 would refuse some of it before it is sent

FILE = "test_s3control.py::TestS3Control"
PLAIN = socket.getaddrinfo


def control(aws):
    """ACCOUNT.localhost needs not resolve."""
    socket.getaddrinfo = lambda host, *more, **others: PLAIN(
        "127.0.0.1" if isinstance(host, str) and host.endswith(".localhost") else host, *more, **others)
    plain, aws.server.endpoint = aws.server.endpoint, aws.server.endpoint.replace("127.0.0.1", "localhost")
    try:
        return aws.client("s3control", config=UNCHECKED)
    finally:
        aws.server.endpoint = plain


@case(FILE + "PublicAccessBlock::test_crud_public_access_block")
def public_access_block(aws):
    client, which = control(aws), {"AccountId": aws.account}
    answers = {"get-default-public-access-block": refused(aws, client.get_public_access_block, **which)}
    answers["put-public-access-block"] = client.put_public_access_block(**which, PublicAccessBlockConfiguration={
        "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False})
    answers["get-public-access-block"] = client.get_public_access_block(**which)
    answers["delete-public-access-block"] = client.delete_public_access_block(**which)
    answers["get-public-access-block-after-delete"] = refused(aws, client.get_public_access_block, **which)
    answers["idempotent-delete-public-access-block"] = client.delete_public_access_block(**which)
    return answers


def refused(aws, call, **members):
    """The recordings write every host id as the same word."""
    return {**aws.refused(call, **members), "HostId": "host-id"}


def bucket_of(aws):
    name, s3 = aws.name("bucket"), aws.client("s3")
    s3.create_bucket(Bucket=name)
    aws.later(s3.delete_bucket, Bucket=name)
    return {"AccountId": aws.account, "ResourceArn": f"arn:aws:s3:::{name}"}


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


@case(FILE + "Tagging::test_tag_lifecycle")
def tag_lifecycle(aws):
    client, which = control(aws), bucket_of(aws)
    answers = {"list-tags-before": client.list_tags_for_resource(**which)}
    answers["tag-resource"] = client.tag_resource(**which, Tags=tags(key1="value1", key2="value2"))
    answers["list-tags-1"] = client.list_tags_for_resource(**which)
    answers["tag-resource-after-update"] = client.tag_resource(**which, Tags=tags(key3="value3"))
    answers["list-tags-after-update"] = client.list_tags_for_resource(**which)
    answers["untag-resource"] = client.untag_resource(**which, TagKeys=["key3"])
    answers["list-tags-after-untag"] = client.list_tags_for_resource(**which)
    answers["untag-resource-idempotent"] = client.untag_resource(**which, TagKeys=["key3"])
    return answers


@case(FILE + "Tagging::test_tag_resource_validation")
def tag_validation(aws):
    client, which = control(aws), bucket_of(aws)
    tag = lambda *given: refused(aws, client.tag_resource, **which, Tags=list(given))
    return {"tags-key-none": refused(aws, client.tag_resource, **which, Tags=[{"Value": "value1"}]),
            "tags-value-none": refused(aws, client.tag_resource, **which, Tags=[{"Key": "key1"}]),
            "tags-key-aws-prefix": tag(*tags(**{"aws:test": "value1"})),
            "tags-key-aws-duplicated-key": tag(*tags(key1="value1"), *tags(key1="value1")),
            "tags-key-aws-bad-value": tag(*tags(key1="value1,value2")),
            "tags-key-aws-bad-key": tag(*tags(**{"key1,key2": "value1"}))}


@case(FILE + "Tagging::test_tag_operation_no_bucket")
def no_bucket(aws):
    client, which = control(aws), {"AccountId": aws.account, "ResourceArn": f"arn:aws:s3:::{aws.name('none')}"}
    return {"tag-resource-no-exist": refused(aws, client.tag_resource, **which, Tags=tags(key1="value1")),
            "untag-resource-no-exist": refused(aws, client.untag_resource, **which, TagKeys=["key1"]),
            "list-resource-tags-no-exist": refused(aws, client.list_tags_for_resource, **which)}
