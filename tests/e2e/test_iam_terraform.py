"""Terraform's resources of IAM, unmodified: apply, a clean plan, destroy. Needs what test_terraform.py needs."""

import os

import pytest

from keys import Authority, saml_metadata
from test_terraform import MIRROR, TERRAFORM, make_terraform

ONCE = bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE"))
pytestmark = pytest.mark.skipif(not TERRAFORM or not MIRROR or ONCE,
                                reason="needs terraform and $YAGURA_TF_MIRROR; runs in the release flavour on SQLite")

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_numbers                = true
  require_uppercase_characters   = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 24
}

resource "aws_iam_account_alias" "this" {
  account_alias = "tf-yagura"
}

resource "aws_iam_user" "person" {
  name = "tf-person"
}

resource "aws_iam_user_login_profile" "person" {
  user                    = aws_iam_user.person.name
  password_length         = 20
  password_reset_required = true
  depends_on              = [aws_iam_account_password_policy.strict]
}

resource "aws_iam_virtual_mfa_device" "phone" {
  virtual_mfa_device_name = "tf-phone"
  path                    = "/phones/"
  tags                    = { team = "security" }
}

resource "aws_iam_user_ssh_key" "person" {
  username   = aws_iam_user.person.name
  encoding   = "SSH"
  public_key = file("${path.module}/key.pub")
}

resource "aws_iam_signing_certificate" "person" {
  user_name        = aws_iam_user.person.name
  certificate_body = file("${path.module}/signing.pem")
}

resource "aws_iam_service_specific_credential" "person" {
  user_name    = aws_iam_user.person.name
  service_name = "codecommit.amazonaws.com"
}

resource "aws_iam_role" "web" {
  name               = "tf-web"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_instance_profile" "web" {
  name = "tf-web"
  path = "/web/"
  role = aws_iam_role.web.name
  tags = { team = "security" }
}

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
  tags            = { team = "security" }
}

resource "aws_iam_saml_provider" "idp" {
  name                   = "tf-idp"
  saml_metadata_document = file("${path.module}/metadata.xml")
  tags                   = { team = "security" }
}

resource "aws_iam_server_certificate" "www" {
  name              = "tf-www"
  path              = "/tls/"
  certificate_body  = file("${path.module}/www.pem")
  certificate_chain = file("${path.module}/ca.pem")
  private_key       = file("${path.module}/www.key")
  tags              = { team = "security" }
}

resource "aws_iam_service_linked_role" "scaling" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "tf"
  description      = "grows and shrinks"
}

resource "aws_iam_security_token_service_preferences" "this" {
  global_endpoint_token_version = "v2Token"
}

data "aws_iam_instance_profile" "web" {
  name = aws_iam_instance_profile.web.name
}

output "role" {
  value = data.aws_iam_instance_profile.web.role_name
}
"""
RESOURCES = CONFIGURATION.count('\nresource "')


def test_apply_plan_destroy(servers, tmp_path):
    server, folder = servers(), tmp_path / "tf"
    authority = Authority(tmp_path)
    _, signing = authority.issue("signing")
    key, www = authority.issue("www")
    files = {"www.key": key, "www.pem": www, "ca.pem": authority.certificate, "signing.pem": signing,
             "metadata.xml": saml_metadata(authority.certificate), "key.pub": authority.ssh_public_key("person")}
    terraform = make_terraform(server, folder, CONFIGURATION)
    for name, text in files.items():
        (folder / name).write_text(text)
    applied = terraform("apply", "-auto-approve")
    assert f"{RESOURCES} added" in applied and 'role = "tf-web"' in applied
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (folder / "main.tf").write_text(CONFIGURATION.replace("minimum_password_length        = 14", "minimum_password_length = 16")
                                    .replace('["sts.amazonaws.com"]', '["sts.amazonaws.com", "other"]')
                                    .replace('"grows and shrinks"', '"grows"').replace('path = "/web/"', 'path = "/other/"')
                                    .replace('team = "security"', 'team = "platform"'))
    terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    iam = server.client("iam")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["admin"] and iam.list_roles()["Roles"] == []
