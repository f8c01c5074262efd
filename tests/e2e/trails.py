"""Buckets that trails deliver to, and what lies in them."""

import contextlib
import datetime
import gzip
import json

import botocore.auth
import botocore.exceptions

REGION, ACCOUNT = "ap-northeast-1", "111122223333"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def bucket_policy(name, *places, source=None):
    """As AWS prescribes it for CloudTrail; places: "AWSLogs/ACCOUNT" and what else there is."""
    condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    if source:
        condition["StringEquals"]["aws:SourceArn"] = source
    return document(
        {"Sid": "AWSCloudTrailAclCheck", "Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl",
         "Resource": f"arn:aws:s3:::{name}"},
        {"Sid": "AWSCloudTrailWrite", "Effect": "Allow", "Principal": SERVICE, "Action": "s3:PutObject",
         "Resource": [f"arn:aws:s3:::{name}/{place}/*" for place in places], "Condition": condition})


def log_bucket(server, name="log-bucket", places=(f"AWSLogs/{ACCOUNT}",), region=REGION, credentials=None, source=None):
    """The bucket's name, which is made unless it is there."""
    s3 = server.client("s3", region, credentials)
    try:
        s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else {
            "CreateBucketConfiguration": {"LocationConstraint": region}}))
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise
    s3.put_bucket_policy(Bucket=name, Policy=bucket_policy(name, *places, source=source))
    return name


class Bucket:
    """The objects of a bucket, whose names are read anew each time."""

    def __init__(self, server, name="log-bucket", region=REGION, credentials=None):
        self.s3, self.name = server.client("s3", region, credentials), name

    def keys(self, part=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [one["Key"] for page in pages for one in page.get("Contents", []) if part in one["Key"] and one["Key"].endswith(".json.gz")]

    def text(self, key):
        return gzip.decompress(self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()).decode()

    def put(self, key, text, **more):
        self.s3.put_object(Bucket=self.name, Key=key, Body=gzip.compress(text.encode()), **more)

    def records(self, part="/CloudTrail/"):
        return [record for key in self.keys(part) for record in json.loads(self.text(key))["Records"]]

    def named(self):
        """Keys of log files that some digest names."""
        digests = [json.loads(self.text(key)) for key in self.keys("/CloudTrail-Digest/")]
        return {file["s3Object"] for digest in digests for file in digest["logFiles"]}

    def download(self, folder):
        """As files, with metadata beside them."""
        for key in self.keys():
            path = folder / key
            answer = self.s3.get_object(Bucket=self.name, Key=key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(answer["Body"].read())
            if answer["Metadata"]:
                path.with_name(path.name + ".metadata.json").write_text(json.dumps(answer["Metadata"]))
        return folder


@contextlib.contextmanager
def clock_ahead(seconds):
    """Clients of this process sign as if it were so much later."""
    real = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *given, **named: real(*given, **named) + datetime.timedelta(seconds=seconds)
    try:
        yield
    finally:
        botocore.auth.get_current_datetime = real
