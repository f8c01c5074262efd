"""Terraform's AWS provider, unmodified: apply, a clean plan, destroy.

Needs `terraform` on the PATH and, in $YAGURA_TF_MIRROR, a local mirror that holds the provider."""

import os
import shutil
import subprocess

import pytest

MIRROR = os.environ.get("YAGURA_TF_MIRROR")
TERRAFORM = shutil.which("terraform")

pytestmark = pytest.mark.skipif(not TERRAFORM or not MIRROR, reason="needs terraform and $YAGURA_TF_MIRROR")

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = "ONE_HOUR"
  tags                         = { team = "security" }
}

resource "aws_iam_user" "deployer" {
  name = "tf-deployer"
  path = "/machines/"
  tags = { team = "security" }
}

resource "aws_iam_access_key" "deployer" {
  user = aws_iam_user.deployer.name
}

resource "aws_iam_policy" "reading" {
  name   = "tf-reading"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["guardduty:Get*", "guardduty:List*"], Resource = "*" }]
  })
}

resource "aws_iam_role" "reader" {
  name               = "tf-reader"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_user.deployer.arn } }]
  })
}

resource "aws_iam_role_policy_attachment" "reader" {
  role       = aws_iam_role.reader.name
  policy_arn = aws_iam_policy.reading.arn
}

resource "aws_iam_group" "team" {
  name = "tf-team"
}

resource "aws_iam_user_group_membership" "deployer" {
  user   = aws_iam_user.deployer.name
  groups = [aws_iam_group.team.name]
}

resource "aws_iam_user_policy" "assume" {
  name   = "assume"
  user   = aws_iam_user.deployer.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.reader.arn }]
  })
}

data "aws_caller_identity" "me" {}

output "account" {
  value = data.aws_caller_identity.me.account_id
}
"""


@pytest.fixture
def terraform(servers, tmp_path):
    server = servers()
    folder = tmp_path / "tf"
    folder.mkdir()
    (folder / "main.tf").write_text(CONFIGURATION)
    (tmp_path / "rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    environment = {**server.environment("eu-west-3"), "TF_CLI_CONFIG_FILE": str(tmp_path / "rc"), "TF_IN_AUTOMATION": "1",
                   "CHECKPOINT_DISABLE": "1", "AWS_MAX_ATTEMPTS": "2"}

    def run(*arguments, status=0):
        done = subprocess.run([TERRAFORM, *arguments, "-no-color"], cwd=folder, env=environment, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == status, done.stdout
        return done.stdout
    run("init")
    run.server = server
    return run


def test_apply_plan_destroy(terraform):
    applied = terraform("apply", "-auto-approve")
    assert "9 added" in applied and 'account = "111122223333"' in applied
    guardduty = terraform.server.client("guardduty", "eu-west-3")
    detector = guardduty.list_detectors()["DetectorIds"][0]
    assert guardduty.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "ONE_HOUR"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert guardduty.list_detectors()["DetectorIds"] == []
    assert [user["UserName"] for user in terraform.server.client("iam").list_users()["Users"]] == ["admin"]
