"""Terraform's resources of Secrets Manager: apply, a clean plan, a change, destroy."""

from test_rotation import plain_function
from test_terraform import make_terraform, pytestmark  # noqa: F401 (what they need, these need)

SECRETS = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

resource "aws_kms_key" "this" {
  description             = "for secrets"
  deletion_window_in_days = 7
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "tf/database"
  description             = "of the application"
  kms_key_id              = aws_kms_key.this.arn
  recovery_window_in_days = 0
  tags                    = { team = "security" }
  replica {
    region = "eu-west-1"
  }
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id     = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({ turn = 0 })
}

resource "aws_secretsmanager_secret_policy" "database" {
  secret_arn          = aws_secretsmanager_secret.database.arn
  block_public_policy = true
  policy              = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = "*",
                   Principal = { AWS = "arn:aws:iam::111122223333:root" } }]
  })
}

resource "aws_secretsmanager_secret_rotation" "database" {
  secret_id           = aws_secretsmanager_secret.database.id
  rotation_lambda_arn = "%(function)s"
  rotate_immediately  = false
  rotation_rules {
    %(rules)s
  }
  depends_on = [aws_secretsmanager_secret_version.database]
}

data "aws_secretsmanager_secret_version" "read" {
  secret_id  = aws_secretsmanager_secret.database.id
  depends_on = [aws_secretsmanager_secret_version.database]
}

data "aws_secretsmanager_random_password" "made" {
  password_length = 20
}
"""


def test_every_secretsmanager_resource(servers, tmp_path):
    server = servers("--region", "eu-west-3")
    sm = server.client("secretsmanager", "eu-west-3")
    function = plain_function(server, "rotate", region="eu-west-3")
    filled = lambda rules: SECRETS % {"function": function, "rules": rules}
    terraform = make_terraform(server, tmp_path / "tf", filled("automatically_after_days = 30"))
    assert "5 added" in terraform("apply", "-auto-approve")
    told = sm.describe_secret(SecretId="tf/database")
    assert told["ReplicationStatus"][0]["Status"] == "InSync" and told["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "main.tf").write_text(filled('schedule_expression = "rate(20 days)"\n    duration = "3h"'))
    assert "1 changed" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    assert sm.describe_secret(SecretId="tf/database")["RotationRules"]["ScheduleExpression"] == "rate(20 days)"
    terraform("destroy", "-auto-approve")
    assert sm.list_secrets(IncludePlannedDeletion=True)["SecretList"] == []
