"""An organisation in a server of its own, for tests that need several accounts."""

import json

import botocore.exceptions
import pytest

from conftest import until

ROLE = "OrganizationAccountAccessRole"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def refused(code, call, reason=None, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer
    assert answer.get("Reason") == reason, answer
    return answer["Error"]["Message"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class House:
    """A server of its own, whose first account manages an organisation."""

    def __init__(self, server):
        self.server = server
        self.api = server.client("organizations")
        self.account = server.client("sts").get_caller_identity()["Account"]
        self.serial, self.stocked = 0, []

    def root(self):
        return self.api.list_roots()["Roots"][0]

    def stock(self, count):
        """Accounts made at once, for tests that need one: each takes a moment."""
        asked = [self.api.create_account(Email=f"stock-{n}@example.com", AccountName="stock")["CreateAccountStatus"]["Id"]
                 for n in range(count)]
        self.stocked = [self.settled(request) for request in asked]

    def make(self, name, **more):
        if self.stocked and not more:
            return self.stocked.pop()
        self.serial += 1
        status = self.api.create_account(Email=f"{name}-{self.serial}@example.com", AccountName=name, **more)["CreateAccountStatus"]
        return self.settled(status["Id"])

    def settled(self, request):
        def look():
            status = self.api.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
            return status if status["State"] != "IN_PROGRESS" else None
        return until(look, "an account")

    def enter(self, account, role=ROLE):
        made = self.server.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="ops")
        return {"accessKeyId": made["Credentials"]["AccessKeyId"], "secretAccessKey": made["Credentials"]["SecretAccessKey"],
                "sessionToken": made["Credentials"]["SessionToken"]}

    def client(self, service, account):
        return self.server.client(service, credentials=self.enter(account))

    def policy(self, content, kind=SCP, name=None):
        self.serial += 1
        made = self.api.create_policy(Name=name or f"policy {self.serial}", Description="", Type=kind, Content=content)
        return made["Policy"]["PolicySummary"]["Id"]
