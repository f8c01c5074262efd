"""The seed's CloudTrail chapter as it is written, with what it refers to around it: apply, a clean plan, destroy."""

import json
import time

import pytest

from conftest import until
from test_terraform import make_terraform, pytestmark  # noqa: F401 (what they need, these need)
from trails import ACCOUNT, Bucket, bucket_policy, document

REGION = "eu-west-3"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/organization-trail"

AROUND = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "%(region)s"
}

resource "aws_organizations_organization" "this" {
  aws_service_access_principals = ["cloudtrail.amazonaws.com"]
  feature_set                   = "ALL"
}

resource "aws_s3_bucket" "cloudtrail" {
  bucket        = "organization-trail-logs"
  force_destroy = true
}

resource "aws_s3_bucket_policy" "cloudtrail" {
  bucket = aws_s3_bucket.cloudtrail.id
  policy = replace(%(bucket_policy)s, "ORGANISATION", aws_organizations_organization.this.id)
}

resource "aws_s3_bucket_public_access_block" "cloudtrail" {
  bucket                  = aws_s3_bucket.cloudtrail.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_kms_key" "cloudtrail" {
  description             = "of the trail"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy                  = %(key_policy)s
}

resource "aws_cloudwatch_log_group" "cloudtrail" {
  name              = "/aws/cloudtrail/organization"
  retention_in_days = 90
}

resource "aws_iam_role" "cloudtrail_cloudwatch" {
  name               = "cloudtrail-to-cloudwatch"
  assume_role_policy = %(trust)s
}

resource "aws_iam_role_policy" "cloudtrail_cloudwatch" {
  name   = "logs"
  role   = aws_iam_role.cloudtrail_cloudwatch.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"]
                   Resource = "${aws_cloudwatch_log_group.cloudtrail.arn}:log-stream:*" }]
  })
}
"""


def around():
    encrypts = {"Sid": "Trail", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
                "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": TRAIL},
                                               "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL}}}
    owner = {"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    trusts = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = bucket_policy("organization-trail-logs", f"AWSLogs/{ACCOUNT}", "AWSLogs/ORGANISATION", source=TRAIL)
    return AROUND % {"region": REGION, "bucket_policy": json.dumps(policy), "key_policy": json.dumps(document(owner, encrypts)),
                     "trust": json.dumps(document(trusts))}


def test_the_seed_s_trail_applies_plans_clean_delivers_and_is_destroyed(servers, shared, tmp_path):
    if shared is None:
        pytest.skip("the seed is not beside the checkout")
    server = servers("--region", REGION, "--trail-delivery", "300ms")
    folder = tmp_path / "tf"
    terraform = make_terraform(server, folder, around())
    terraform("apply", "-auto-approve")
    (folder / "cloudtrail.tf").write_text((shared / "seed/snippets/cloudtrail.tf").read_text())
    assert "1 added" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")

    client, s3 = server.client("cloudtrail", REGION), server.client("s3", REGION)
    s3.create_bucket(Bucket="sensitive-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="sensitive-bucket", Key="salaries", Body=b"1")
    s3.put_object(Bucket="organization-trail-logs", Key="other", Body=b"1")
    bucket = Bucket(server, "organization-trail-logs", REGION)

    def written():
        return {record["requestParameters"]["key"]: record for record in bucket.records() if record["eventName"] == "PutObject"}
    puts = until(lambda: "salaries" in written() and written(), "the data event")
    assert set(puts) == {"salaries"} and puts["salaries"]["eventCategory"] == "Data"
    [key, *_] = bucket.keys("/CloudTrail/")
    found = s3.head_object(Bucket=bucket.name, Key=key)
    assert found["ServerSideEncryption"] == "aws:kms" and found["SSEKMSKeyId"] == client.get_trail(Name="organization-trail")["Trail"]["KmsKeyId"]
    logs = server.client("logs", REGION)
    [stream] = until(lambda: logs.describe_log_streams(logGroupName="/aws/cloudtrail/organization")["logStreams"], "the log stream")
    organization = server.client("organizations").describe_organization()["Organization"]["Id"]
    assert stream["logStreamName"] == f"{organization}_{ACCOUNT}_CloudTrail_{REGION}"
    until(lambda: logs.filter_log_events(logGroupName="/aws/cloudtrail/organization", filterPattern='{ $.eventName = "PutObject" }')["events"],
          "the event in its log group")
    client.stop_logging(Name="organization-trail")
    time.sleep(1)
    assert "Destroy complete" in terraform("destroy", "-auto-approve")
