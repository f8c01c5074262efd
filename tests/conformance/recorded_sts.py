"""STS as AWS answered it."""

import json

from recorded import case


def trust(aws, *actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": aws.account}, "Action": actions[0] if len(actions) == 1 else actions}]})


def role(aws, *actions):
    iam, name = aws.client("iam"), aws.name("role")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(aws, *actions))
    aws.later(iam.delete_role, RoleName=name)
    return made


def inside(aws, assumed):
    made = assumed["Credentials"]
    return aws.client("sts", credentials={"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
                                          "sessionToken": made["SessionToken"]})


@case("test_sts.py::TestSTSIntegrations::test_assume_role")
def assume_role(aws):
    session, made = aws.name("session"), role(aws, "sts:AssumeRole")
    assumed = aws.client("sts").assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName=session)
    return {"role-session-name": {"RoleSessionName": session}, "create-role": made, "assume-role": assumed}


@case("test_sts.py::TestSTSAssumeRoleTagging::test_assume_role_tag_validation")
def tags_are_validated(aws):
    sts, made = aws.client("sts"), role(aws, "sts:AssumeRole", "sts:TagSession")
    asked = {"RoleArn": made["Role"]["Arn"], "RoleSessionName": "session"}
    return {"role-1": made,
            "invalid-transitive-tag-keys": aws.refused(
                sts.assume_role, **asked, Tags=[{"Key": "one", "Value": "1"}], TransitiveTagKeys=["two"]),
            "duplicate-tag-keys-different-casing": aws.refused(
                sts.assume_role, **asked, Tags=[{"Key": "one", "Value": "1"}, {"Key": "ONE", "Value": "2"}])}


@case("test_sts.py::TestSTSAssumeRoleTagging::test_iam_role_chaining_override_transitive_tags")
def transitive_tags_stay(aws):
    first, second = (role(aws, "sts:AssumeRole", "sts:TagSession") for _ in range(2))
    iam, name = aws.client("iam"), first["Role"]["RoleName"]
    iam.put_role_policy(RoleName=name, PolicyName="next", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:*", "Resource": "*"}}))
    aws.later(iam.delete_role_policy, RoleName=name, PolicyName="next")
    chained = inside(aws, aws.client("sts").assume_role(
        RoleArn=first["Role"]["Arn"], RoleSessionName="session", Tags=[{"Key": "team", "Value": "red"}],
        TransitiveTagKeys=["team"]))
    asked = {"RoleArn": second["Role"]["Arn"], "RoleSessionName": "session"}
    return {"role-1": first, "role-2": second,
            "override-transitive-tag-error": aws.refused(
                chained.assume_role, **asked, Tags=[{"Key": "team", "Value": "blue"}]),
            "override-transitive-tag-case-ignore-error": aws.refused(
                chained.assume_role, **asked, Tags=[{"Key": "TEAM", "Value": "blue"}])}
