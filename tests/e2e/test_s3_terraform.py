"""Buckets and objects by Terraform's AWS provider, unmodified: apply, a clean plan, destroy."""

import socket

from test_terraform import make_terraform, pytestmark  # noqa: F401

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region            = "eu-west-3"
  s3_use_path_style = true
}

data "aws_caller_identity" "me" {}

resource "aws_s3_bucket" "logs" {
  bucket        = "tf-logs-archive"
  force_destroy = true
  tags          = { team = "security" }
}

resource "aws_s3_bucket" "plain" {
  bucket              = "tf-plain-archive"
  object_lock_enabled = true
  force_destroy       = true
}

resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration { status = "Enabled" }
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule { object_ownership = "BucketOwnerPreferred" }
}

resource "aws_s3_bucket_acl" "logs" {
  bucket     = aws_s3_bucket.logs.id
  acl        = "log-delivery-write"
  depends_on = [aws_s3_bucket_ownership_controls.logs]
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = false
}

resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Sid       = "Trail", Effect = "Allow", Action = "s3:GetBucketAcl", Resource = aws_s3_bucket.logs.arn
      Principal = { Service = "cloudtrail.amazonaws.com" }
    }]
  })
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    apply_server_side_encryption_by_default { sse_algorithm = "AES256" }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    id     = "old"
    status = "Enabled"
    filter { prefix = "AWSLogs/" }
    expiration { days = 400 }
    noncurrent_version_expiration { noncurrent_days = 30 }
    abort_incomplete_multipart_upload { days_after_initiation = 7 }
  }
  rule {
    id     = "tagged"
    status = "Enabled"
    filter {
      and {
        prefix = "tmp/"
        tags   = { scratch = "yes" }
      }
    }
    expiration { days = 1 }
  }
}

resource "aws_s3_bucket_logging" "plain" {
  bucket        = aws_s3_bucket.plain.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "access/"
}

resource "aws_s3_bucket_cors_configuration" "plain" {
  bucket = aws_s3_bucket.plain.id
  cors_rule {
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://example.com"]
    allowed_headers = ["*"]
    max_age_seconds = 300
  }
}

resource "aws_s3_bucket_object_lock_configuration" "plain" {
  bucket = aws_s3_bucket.plain.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = 1
    }
  }
}

resource "aws_s3_bucket_website_configuration" "plain" {
  bucket = aws_s3_bucket.plain.id
  index_document { suffix = "index.html" }
}

resource "aws_s3_bucket_metric" "logs" {
  bucket = aws_s3_bucket.logs.id
  name   = "all"
}

resource "aws_s3_bucket_request_payment_configuration" "plain" {
  bucket = aws_s3_bucket.plain.id
  payer  = "BucketOwner"
}

resource "aws_s3_bucket_accelerate_configuration" "plain" {
  bucket = aws_s3_bucket.plain.id
  status = "Suspended"
}

resource "aws_s3_object" "note" {
  bucket  = aws_s3_bucket.logs.id
  key     = "notes/a b.txt"
  content = "hello"
  tags    = { kind = "note" }
  depends_on = [aws_s3_bucket_versioning.logs]
}

output "domain" {
  value = aws_s3_bucket.logs.bucket_regional_domain_name
}
"""

# Called at ACCOUNT.localhost, which needs not resolve: `yagura env --hosts` is for that.
ACCOUNT = """
resource "aws_s3_account_public_access_block" "this" {
  block_public_acls   = true
  block_public_policy = true
}
"""


def resolves(host):
    try:
        return bool(socket.gethostbyname(host))
    except OSError:
        return False


def test_buckets_apply_plan_destroy(servers, tmp_path):
    server = servers()
    server.endpoint = server.endpoint.replace("127.0.0.1", "localhost")
    text = CONFIGURATION + (ACCOUNT if resolves("111122223333.localhost") else "")
    terraform = make_terraform(server, tmp_path / "tf", text)
    applied = terraform("apply", "-auto-approve")
    assert "0 changed" in applied
    s3 = server.client("s3", "eu-west-3")
    assert {one["Name"] for one in s3.list_buckets()["Buckets"]} == {"tf-logs-archive", "tf-plain-archive"}
    assert s3.get_object(Bucket="tf-logs-archive", Key="notes/a b.txt")["Body"].read() == b"hello"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "main.tf").write_text(text.replace("max_age_seconds = 300", "max_age_seconds = 60").replace('team = "security"', 'team = "audit"')
                                             .replace('content = "hello"', 'content = "world"'))
    assert "3 changed" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert s3.list_buckets()["Buckets"] == []
