"""Terraform's AWS provider, unmodified: apply, a clean plan, destroy.

Needs `terraform` on the PATH and, in $YAGURA_TF_MIRROR, a local mirror that holds the provider."""

import json
import os
import shutil
import subprocess

import pytest

from fake_aws import ACCESS_KEY, SECRET, FakeAws
from functions import archive

MIRROR = os.environ.get("YAGURA_TF_MIRROR")
TERRAFORM = shutil.which("terraform")

LIGHT = os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE")

pytestmark = pytest.mark.skipif(not TERRAFORM or not MIRROR or bool(LIGHT),
                                reason="needs terraform and $YAGURA_TF_MIRROR; once is enough")

CONFIGURATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

provider "aws" {
  alias  = "far"
  region = "eu-west-1"
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = "ONE_HOUR"
  tags                         = { team = "security" }
}

resource "aws_kms_key" "main" {
  description             = "of Terraform"
  enable_key_rotation     = true
  rotation_period_in_days = 180
  deletion_window_in_days = 7
  multi_region            = true
  tags                    = { team = "security" }
}

resource "aws_kms_alias" "main" {
  name          = "alias/tf-main"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_key_policy" "main" {
  key_id = aws_kms_key.main.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Sid       = "Enable IAM User Permissions", Effect = "Allow", Action = "kms:*", Resource = "*"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
    }]
  })
}

resource "aws_kms_grant" "reader" {
  name              = "tf-reader"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = aws_iam_role.reader.arn
  operations        = ["Encrypt", "Decrypt", "GenerateDataKey"]
  constraints { encryption_context_subset = { app = "web" } }
}

resource "aws_kms_replica_key" "far" {
  provider                = aws.far
  primary_key_arn         = aws_kms_key.main.arn
  deletion_window_in_days = 7
}

resource "aws_kms_key" "signing" {
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 7
}

resource "aws_kms_external_key" "own" {
  key_material_base64     = "bWF0ZXJpYWwgb2YgdGhpcnR5LXR3byBieXRlcy4uLi4="
  deletion_window_in_days = 7
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


GUARDDUTY = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

provider "aws" {
  alias      = "member"
  region     = "eu-west-3"
  access_key = "%(access)s"
  secret_key = "%(secret)s"
}

resource "aws_guardduty_detector" "this" {
  enable                       = true
  finding_publishing_frequency = "FIFTEEN_MINUTES"
}

resource "aws_guardduty_detector_feature" "runtime" {
  detector_id = aws_guardduty_detector.this.id
  name        = "RUNTIME_MONITORING"
  status      = "ENABLED"
  # All three, in this order: the provider would replace the feature otherwise, as with AWS.
  additional_configuration {
    name   = "EKS_ADDON_MANAGEMENT"
    status = "ENABLED"
  }
  additional_configuration {
    name   = "ECS_FARGATE_AGENT_MANAGEMENT"
    status = "DISABLED"
  }
  additional_configuration {
    name   = "EC2_AGENT_MANAGEMENT"
    status = "ENABLED"
  }
}

resource "aws_guardduty_detector_feature" "s3" {
  detector_id = aws_guardduty_detector.this.id
  name        = "S3_DATA_EVENTS"
  status      = "DISABLED"
}

resource "aws_guardduty_filter" "quiet" {
  detector_id = aws_guardduty_detector.this.id
  name        = "quiet"
  description = "known scanners"
  action      = "ARCHIVE"
  rank        = 1
  tags        = { team = "security" }
  finding_criteria {
    criterion {
      field  = "type"
      equals = ["Recon:EC2/PortProbeUnprotectedPort"]
    }
    criterion {
      field                 = "severity"
      less_than             = "4"
    }
    criterion {
      field      = "updatedAt"
      greater_than = "2020-01-01T00:00:00Z"
    }
  }
}

resource "aws_guardduty_ipset" "ours" {
  detector_id = aws_guardduty_detector.this.id
  name        = "ours"
  format      = "TXT"
  activate    = true
  location    = "https://s3.amazonaws.com/findings/ours.txt"
  tags        = { team = "security" }
}

resource "aws_guardduty_threatintelset" "bad" {
  detector_id = aws_guardduty_detector.this.id
  name        = "bad"
  format      = "TXT"
  activate    = true
  location    = "s3://findings/bad.txt"
}

resource "aws_guardduty_publishing_destination" "s3" {
  detector_id     = aws_guardduty_detector.this.id
  destination_arn = "arn:aws:s3:::findings/audit"
  kms_key_arn     = "arn:aws:kms:eu-west-3:111122223333:key/12345678-1234-1234-1234-123456789012"
}

resource "aws_guardduty_malware_protection_plan" "uploads" {
  role = "arn:aws:iam::111122223333:role/scanner"
  protected_resource {
    s3_bucket {
      bucket_name     = "uploads"
      object_prefixes = ["in/"]
    }
  }
  actions {
    tagging {
      status = "ENABLED"
    }
  }
  tags = { team = "security" }
}

resource "aws_guardduty_detector" "member" {
  provider = aws.member
  enable   = true
}

resource "aws_guardduty_member" "member" {
  account_id                 = "%(member)s"
  detector_id                = aws_guardduty_detector.this.id
  email                      = "member@example.com"
  invite                     = true
  invitation_message         = "please join"
  disable_email_notification = true
  depends_on                 = [aws_guardduty_detector.member]
}

resource "aws_guardduty_invite_accepter" "member" {
  provider          = aws.member
  detector_id       = aws_guardduty_detector.member.id
  master_account_id = "111122223333"
  depends_on        = [aws_guardduty_member.member]
}

resource "aws_guardduty_member_detector_feature" "s3" {
  detector_id = aws_guardduty_detector.this.id
  account_id  = "%(member)s"
  name        = "S3_DATA_EVENTS"
  status      = "DISABLED"
  depends_on  = [aws_guardduty_invite_accepter.member]
}
"""

ORGANIZATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

resource "aws_organizations_organization" "this" {
  aws_service_access_principals = ["guardduty.amazonaws.com", "cloudtrail.amazonaws.com"]
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"]
  feature_set                   = "ALL"
}

resource "aws_organizations_organizational_unit" "work" {
  name      = "work"
  parent_id = aws_organizations_organization.this.roots[0].id
  tags      = { team = "security" }
}

resource "aws_organizations_account" "dev" {
  name      = "dev"
  email     = "dev@example.com"
  parent_id = aws_organizations_organizational_unit.work.id
  role_name = "Steward"
  tags      = { stage = "dev" }
  lifecycle { ignore_changes = [role_name] }
}

resource "aws_organizations_policy" "no_users" {
  name    = "no-users"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "iam:CreateUser", Resource = "*" }]
  })
  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy" "tags" {
  name    = "stages"
  type    = "TAG_POLICY"
  content = jsonencode({ tags = { stage = { tag_key = { "@@assign" = "stage" } } } })
  depends_on = [aws_organizations_organization.this]
}

resource "aws_organizations_policy_attachment" "unit" {
  policy_id = aws_organizations_policy.no_users.id
  target_id = aws_organizations_organizational_unit.work.id
}

resource "aws_organizations_policy_attachment" "account" {
  policy_id = aws_organizations_policy.tags.id
  target_id = aws_organizations_account.dev.id
}

resource "aws_organizations_delegated_administrator" "trails" {
  account_id        = aws_organizations_account.dev.id
  service_principal = "cloudtrail.amazonaws.com"
}

resource "aws_guardduty_organization_admin_account" "dev" {
  admin_account_id = aws_organizations_account.dev.id
}

resource "aws_organizations_resource_policy" "delegation" {
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow", Resource = "*", Action = ["organizations:ListAccounts"]
      Principal = { AWS = "arn:aws:iam::${aws_organizations_account.dev.id}:root" }
    }]
  })
}

data "aws_organizations_organization" "seen" {
  depends_on = [aws_organizations_account.dev]
}

output "accounts" {
  value = length(data.aws_organizations_organization.seen.accounts)
}
"""

GUARDDUTY_ORGANIZATION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "us-east-1"
}

data "aws_caller_identity" "me" {}

resource "aws_organizations_organization" "this" {
  aws_service_access_principals = ["guardduty.amazonaws.com"]
  feature_set                   = "ALL"
}

resource "aws_guardduty_detector" "this" {
  enable = true
}

resource "aws_guardduty_organization_admin_account" "this" {
  admin_account_id = data.aws_caller_identity.me.account_id
  depends_on       = [aws_organizations_organization.this, aws_guardduty_detector.this]
}

resource "aws_guardduty_organization_configuration" "this" {
  auto_enable_organization_members = "ALL"
  detector_id                      = aws_guardduty_detector.this.id
  depends_on                       = [aws_guardduty_organization_admin_account.this]
}

resource "aws_guardduty_organization_configuration_feature" "runtime" {
  detector_id = aws_guardduty_detector.this.id
  name        = "RUNTIME_MONITORING"
  auto_enable = "NEW"
  # In this order: the provider would replace the feature otherwise.
  additional_configuration {
    name        = "EKS_ADDON_MANAGEMENT"
    auto_enable = "NEW"
  }
  additional_configuration {
    name        = "ECS_FARGATE_AGENT_MANAGEMENT"
    auto_enable = "NEW"
  }
  additional_configuration {
    name        = "EC2_AGENT_MANAGEMENT"
    auto_enable = "NONE"
  }
  depends_on = [aws_guardduty_organization_configuration.this]
}
"""

# Without an organisation: AWS's own refusal.
ORGANISATION = """
resource "aws_guardduty_organization_admin_account" "this" {
  admin_account_id = "444455556666"
}
"""


def make_terraform(server, folder, text, files=()):
    """Runs terraform in a folder of its own that holds that configuration."""
    folder.mkdir()
    (folder / "main.tf").write_text(text)
    for name, content in dict(files).items():
        (folder / name).write_bytes(content)
    (folder / "rc").write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{MIRROR}"\n  }}\n}}\n')
    environment = {**server.environment("eu-west-3"), "TF_CLI_CONFIG_FILE": str(folder / "rc"), "TF_IN_AUTOMATION": "1",
                   "CHECKPOINT_DISABLE": "1", "AWS_MAX_ATTEMPTS": "2"}

    def run(*arguments, status=0):
        done = subprocess.run([TERRAFORM, *arguments, "-no-color"], cwd=folder, env=environment, text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == status, done.stdout
        return done.stdout
    run("init")
    return run


def test_apply_plan_destroy(servers, tmp_path):
    server = servers()
    terraform = make_terraform(server, tmp_path / "tf", CONFIGURATION)
    applied = terraform("apply", "-auto-approve")
    assert "16 added" in applied and 'account = "111122223333"' in applied
    guardduty = server.client("guardduty", "eu-west-3")
    detector = guardduty.list_detectors()["DetectorIds"][0]
    assert guardduty.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "ONE_HOUR"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    assert guardduty.list_detectors()["DetectorIds"] == []
    assert [user["UserName"] for user in server.client("iam").list_users()["Users"]] == ["admin"]


@pytest.fixture
def s3(monkeypatch):
    fake = FakeAws()
    fake.buckets.add("findings")
    fake.put("findings", "ours.txt", b"198.51.100.7\n")
    fake.put("findings", "bad.txt", b"203.0.113.9\n")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", fake.endpoint)
    yield fake
    fake.stop()


def test_every_guardduty_resource(servers, s3, tmp_path):
    """All but what needs an organisation."""
    member = "444455556666"
    first = servers("--account-id", member)
    keys = dict(first.credentials)
    first.stop()
    (first.data / "credentials").unlink()
    server = servers("--account-id", "111122223333", of=first)
    text = GUARDDUTY % {"access": keys["accessKeyId"], "secret": keys["secretAccessKey"], "member": member}
    terraform = make_terraform(server, tmp_path / "tf", text)
    assert "12 added" in terraform("apply", "-auto-approve")
    guardduty = server.client("guardduty", "eu-west-3")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    (shown,) = guardduty.list_members(DetectorId=detector)["Members"]
    assert shown["RelationshipStatus"] == "Enabled"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "main.tf").write_text(text.replace('"known scanners"', '"scanners"').replace('["in/"]', '["in/", "b/"]')
                                             .replace("findings/audit", "findings/new"))
    assert "3 changed" in terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    (tmp_path / "tf" / "organisation.tf").write_text(ORGANISATION)
    assert "required AWS Organization master permission" in terraform("apply", "-auto-approve", status=1)
    terraform("destroy", "-auto-approve")
    assert guardduty.list_detectors()["DetectorIds"] == []
    assert guardduty.list_malware_protection_plans()["MalwareProtectionPlans"] == []


def test_an_organisation(servers, tmp_path):
    server = servers()
    terraform = make_terraform(server, tmp_path / "tf", ORGANIZATION)
    applied = terraform("apply", "-auto-approve")
    assert "10 added" in applied and "accounts = 2" in applied
    organizations = server.client("organizations")
    (dev,) = [account for account in organizations.list_accounts()["Accounts"] if account["Name"] == "dev"]
    assert organizations.list_parents(ChildId=dev["Id"])["Parents"][0]["Type"] == "ORGANIZATIONAL_UNIT"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
    with pytest.raises(organizations.exceptions.AWSOrganizationsNotInUseException):
        organizations.describe_organization()


FUNCTION = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region = "eu-west-3"
}

resource "aws_iam_role" "function" {
  name               = "tf-function"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "tf-shared"
  filename            = "layer.zip"
  source_code_hash    = filebase64sha256("layer.zip")
  compatible_runtimes = ["python3.12"]
}

resource "aws_lambda_function" "this" {
  function_name                  = "tf-function"
  filename                       = "code.zip"
  source_code_hash               = filebase64sha256("code.zip")
  role                           = aws_iam_role.function.arn
  runtime                        = "python3.12"
  handler                        = "app.handler"
  timeout                        = 10
  memory_size                    = 256
  publish                        = true
  layers                         = [aws_lambda_layer_version.shared.arn]
  reserved_concurrent_executions = 5
  tags                           = { team = "security" }
  environment {
    variables = { COLOUR = "blue" }
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_permission" "events" {
  statement_id  = "events"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this.function_name
  principal     = "events.amazonaws.com"
  source_arn    = "arn:aws:events:eu-west-3:111122223333:rule/x"
}

resource "aws_lambda_function_url" "this" {
  function_name      = aws_lambda_function.this.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = "NONE"
  cors {
    allow_origins = ["https://example.org"]
    allow_methods = ["GET"]
    max_age       = 60
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 120
}
"""


def test_a_function(servers, tmp_path):
    server = servers()
    folder = tmp_path / "tf"
    terraform = make_terraform(server, folder, FUNCTION, {
        "code.zip": archive({"app.py": "import os, shade\ndef handler(event, context):\n    return [os.environ['COLOUR'], shade.VALUE]\n"}),
        "layer.zip": archive({"python/shade.py": "VALUE = 1\n"})})
    terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    client = server.client("lambda", "eu-west-3")
    assert json.loads(client.invoke(FunctionName="tf-function", Qualifier="live")["Payload"].read()) == ["blue", 1]
    (folder / "code.zip").write_bytes(archive({"app.py": "def handler(event, context):\n    return 'second'\n"}))
    terraform("apply", "-auto-approve")
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    assert json.loads(client.invoke(FunctionName="tf-function", Qualifier="live")["Payload"].read()) == "second"
    terraform("destroy", "-auto-approve")
    assert client.list_functions()["Functions"] == [] and client.list_layers()["Layers"] == []


def test_guardduty_of_an_organisation(servers, tmp_path):
    server = servers()
    terraform = make_terraform(server, tmp_path / "tf", GUARDDUTY_ORGANIZATION)
    assert "5 added" in terraform("apply", "-auto-approve")
    guardduty = server.client("guardduty", "us-east-1")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    assert guardduty.describe_organization_configuration(DetectorId=detector)["AutoEnableOrganizationMembers"] == "ALL"
    assert "No changes" in terraform("plan", "-detailed-exitcode")
    terraform("destroy", "-auto-approve")
