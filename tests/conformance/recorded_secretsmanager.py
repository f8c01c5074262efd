"""Secrets Manager as AWS answered it."""

import datetime
import functools
import json

import recorded

FILE = "test_secretsmanager.py::TestSecretsManager::"


def case(name, *arguments):
    """As recorded.case; these recordings write every time as the word datetime, and number versions also where they are keys."""
    def register(function):
        @functools.wraps(function)
        def in_their_words(aws, *given):
            return reword(function(aws, *given), {})
        recorded.case(name, *arguments)(in_their_words)
        return function
    return register


def reword(value, versions):
    if isinstance(value, list):
        return [reword(member, versions) for member in value]
    if not isinstance(value, dict):
        return "datetime" if isinstance(value, datetime.datetime) else value
    number = lambda version: versions.setdefault(version, f"<version_uuid:{len(versions) + 1}>")
    number(value["VersionId"]) if "VersionId" in value else None
    return {key: {number(version): stages for version, stages in member.items()} if key in ("VersionIdsToStages", "SecretVersionsToStages")
            else reword(member, versions) for key, member in value.items()}


class Secret:
    """One secret and short words for what is done with it."""

    def __init__(self, aws, name=None):
        self.client, self.name = aws.client("secretsmanager"), name or aws.name("secret")
        aws.later(self.client.delete_secret, SecretId=self.name, ForceDeleteWithoutRecovery=True)

    def __getattr__(self, operation):
        return lambda **members: getattr(self.client, operation)(SecretId=self.name, **members)

    def create(self, value=None, **more):
        text = {"SecretString": value} if value else {}
        return self.client.create_secret(Name=self.name, **text, **more)

    def put(self, value, *stages):
        return self.put_secret_value(SecretString=value, **({"VersionStages": list(stages)} if stages else {}))

    def get(self, **which):
        return self.get_secret_value(**which)

    def move(self, stage, to=None, out_of=None):
        return self.update_secret_version_stage(VersionStage=stage, **({"MoveToVersionId": to} if to else {}),
                                                **({"RemoveFromVersionId": out_of} if out_of else {}))

    def versions(self, **more):
        return self.list_secret_version_ids(**more)

    def gone(self):
        return self.delete_secret(ForceDeleteWithoutRecovery=True)


def create_and_update(aws, name):
    secret = Secret(aws, name if "alid/" in name else None)
    told = {"create_secret_rs_1": secret.create("my_secret", Description="Testing secret creation.")}
    told["get_secret_value_rs_1"] = secret.get()
    told["describe_secret_rs_1"] = secret.describe_secret()
    arn = told["create_secret_rs_1"]["ARN"]
    told["get_secret_value_rs_2"] = secret.client.get_secret_value(SecretId=arn)
    if name.startswith("Invalid"):  # it ends like an ARN: without its own end the ARN is that of another
        told["resource_not_found_dict_1"] = aws.refused(secret.client.get_secret_value, SecretId=arn[:-7])
    else:
        told["get_secret_value_rs_3"] = secret.client.get_secret_value(SecretId=arn[:-7])
    told["put_secret_value_rs_1"] = secret.put("new_secret")
    told["get_secret_value_rs_4"] = secret.get()
    told["update_secret_res_1"] = secret.update_secret(SecretString="updated", Description="changed")
    told["delete_secret_res_1"] = secret.gone()
    return {key: bare(answer) for key, answer in told.items()} if "4b175f02" in name else told


for spelled in ("s-c64bdc03", "Valid/_+=.@-Name", "Valid/_+=.@-Name-a1b2", "Valid/_+=.@-Name-a1b2c3-"):
    case(f"{FILE}test_create_and_update_secret[{spelled}-True]", spelled)(create_and_update)
    case(f"{FILE}test_create_and_update_secret[{spelled}]", spelled)(create_and_update)
case(f"{FILE}test_create_and_update_secret[s-4b175f02-True]", "s-4b175f02")(create_and_update)
case(f"{FILE}test_create_and_update_secret[Invalid/_+=.@-Name-a1b2c3-False]", "Invalid/_+=.@-Name-a1b2c3")(create_and_update)


@case(FILE + "test_can_recreate_delete_secret")
def recreate(aws):
    secret = Secret(aws)
    return {"create_secret_res_0": bare(secret.create("one")), "delete_res_1": bare(secret.gone()),
            "create_secret_res_1": bare(secret.create("two"))}


def bare(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@case(FILE + "test_put_secret_value_with_version_stages")
def own_stages(aws):
    secret, told = Secret(aws), {}
    told["create_secret_rs_0"] = secret.create("secret_string_v0")
    told["get_secret_value_res_0"] = secret.get()
    for at, stages in enumerate((["SAMPLESTAGE1", "SAMPLESTAGE0"], ["SAMPLESTAGE1", "SAMPLESTAGE0"], ["AWSPENDING"], ["AWSCURRENT"]), 1):
        told[f"put_secret_value_res_{at}"] = secret.put(f"secret_string_v{at}", *stages)
        told[f"get_secret_value_res_{at}"] = secret.get()
    told["delete_secret_res_1"] = secret.gone()
    return told


@case(FILE + "test_update_secret_version_stages_return_type")
def moved_stage(aws):
    secret = Secret(aws)
    first = secret.create("one")
    second = secret.put("two", "AWSPENDING")
    return {"create_secret_rs_0": first, "put_secret_value_res_0": second,
            "update_secret_version_stage_res_0": secret.move("AWSCURRENT", second["VersionId"], first["VersionId"]),
            "delete_secret_res_0": secret.gone()}


def cycle(aws, told, secret, before, after):
    """S2 and S3 are pending first and then current."""
    first = told["create_secret_rs_0"]["VersionId"]
    second = secret.put("S2", *before)
    told["put_secret_value_res_0"] = second
    told["list_secret_version_ids_res_0"] = secret.versions()
    told["get_secret_value_res_0"] = secret.get()
    told["update_secret_version_stage_res_0"] = secret.move("AWSCURRENT", second["VersionId"], first)
    told["list_secret_version_ids_res_1"] = secret.versions()
    told["get_secret_value_res_1"] = secret.get()
    third = secret.put("S3", *after)
    told["put_secret_value_res_1"] = third
    told["list_secret_version_ids_res_2"] = secret.versions()
    told["get_secret_value_res_2"] = secret.get()
    return secret.move("AWSCURRENT", third["VersionId"], second["VersionId"])


@case(FILE + "test_update_secret_version_stages_current_pending_cycle")
def pending_becomes_current(aws):
    secret = Secret(aws)
    told = {"create_secret_rs_0": secret.create("S1")}
    told["put_secret_value_res_2"] = cycle(aws, told, secret, ["AWSPENDING"], ["AWSPENDING"])
    told["list_secret_version_ids_res_3"] = secret.versions()
    told["get_secret_value_res_3"] = secret.get()
    told["delete_secret_res_0"] = secret.gone()
    return told


@case(FILE + "test_update_secret_version_stages_current_pending_cycle_custom_stages_1")
def own_stages_stay(aws):
    secret = Secret(aws)
    told = {"create_secret_rs_0": secret.create("S1")}
    told["update_secret_version_stage_res_1"] = cycle(aws, told, secret, ["AWSPENDING", "PUT1", "AWSSOMETHING"], ["AWSPENDING", "PUT2"])
    told["list_secret_version_ids_res_3"] = secret.versions()
    told["get_secret_value_res_3"] = secret.get()
    told["delete_secret_res_0"] = secret.gone()
    return told


@case(FILE + "test_update_secret_version_stages_current_pending_cycle_custom_stages_2")
def own_stages_outlive_previous(aws):
    secret, told = Secret(aws), {}
    told["create_secret_rs_0"] = secret.create("SS")
    current = told["put_secret_value_res_0"] = secret.put("S1", "AWSCURRENT", "PUT0")
    told["list_secret_version_ids_res_0"] = secret.versions()
    for at in (1, 2):
        pending = told[f"put_secret_value_res_{at}"] = secret.put(f"S{at + 1}", "AWSPENDING", f"PUT{at}")
        told[f"list_secret_version_ids_res_{2 * at - 1}"] = secret.versions()
        told[f"get_secret_value_res_{2 * at - 2}"] = secret.get()
        told[f"update_secret_version_stage_res_{at - 1}"] = secret.move("AWSCURRENT", pending["VersionId"], current["VersionId"])
        told[f"list_secret_version_ids_res_{2 * at}"] = secret.versions()
        told[f"get_secret_value_res_{2 * at - 1}"] = secret.get()
        current = pending
    told["delete_secret_res_0"] = secret.gone()
    return told


@case(FILE + "test_update_secret_version_stages_current_pending_cycle_custom_stages_3")
def own_stage_moves_and_goes(aws):
    secret, told = Secret(aws), {}
    first = told["create_secret_rs"] = secret.create("SS")
    second = told["put_secret_value_res_0"] = secret.put("S1", "PENDING")
    one, two = first["VersionId"], second["VersionId"]
    told["list_secret_version_ids_rs"] = secret.versions()
    told["get_secret_value_v1_rs"] = secret.get(VersionId=one)
    told["get_secret_value_v2_rs"] = secret.get(VersionId=two)
    told["update_secret_version_stage_res_1"] = secret.move("AWSCURRENT", two, one)
    told["get_secret_value_v1_rs_1"] = secret.get(VersionId=one)
    told["get_secret_value_v2_rs_1"] = secret.get(VersionId=two)
    told["update_secret_version_stage_res_2"] = secret.move("PENDING", out_of=two)
    told["get_secret_value_v1_rs_2"] = secret.get(VersionId=one)
    told["get_secret_value_v2_rs_2"] = secret.get(VersionId=two)
    told["delete_secret_res_0"] = secret.gone()
    return told


@case(FILE + "test_non_versioning_version_stages_replacement")
def own_stages_move(aws):
    secret = Secret(aws)
    return {"create_secret_rs_0": secret.create("S0"),
            "put_secret_value_res_0": secret.put("S1", "one", "two", "three"),
            "list_secret_version_ids_res_0": secret.versions(),
            "put_secret_value_res_1": secret.put("S2", "one", "two", "three", "four"),
            "list_secret_version_ids_res_1": secret.versions(),
            "delete_secret_res_0": secret.gone()}


@case(FILE + "test_create_multi_secrets_snapshot")
def several(aws):
    secrets = [Secret(aws) for _ in range(3)]
    for secret in secrets:
        secret.create("value", Description="Testing secrets creation.")
    names = [secret.name for secret in secrets]
    listed = secrets[0].client.list_secrets(Filters=[{"Key": "name", "Values": names}], SortBy="created-date", SortOrder="asc")
    return {"list_secrets_res": listed, **{f"delete_secret_res{at}": secret.gone() for at, secret in enumerate(secrets)}}


@case(FILE + "test_secret_not_found")
def unknown(aws):
    secret = Secret(aws)
    return {"get_secret_value_not_found_ex": aws.refused(secret.get),
            "list_secret_version_ids_not_found_ex": aws.refused(secret.versions)}


@case(FILE + "test_create_secret_version_from_empty_secret")
def empty(aws):
    secret = Secret(aws)
    return {"create-empty-secret": secret.create(), "describe-secret": secret.describe_secret(), "put-secret-value": secret.put("v")}


@case(FILE + "test_rotate_secret_invalid_lambda_arn")
def unknown_function(aws):
    secret = Secret(aws)
    arn = f"arn:aws:lambda:{aws.region}:{aws.account}:function:{aws.name()}"
    return {"create_secret": secret.create("v"),
            "rotate_secret_invalid_arn_exc": aws.refused(secret.rotate_secret, RotationLambdaARN=arn, RotationRules={"AutomaticallyAfterDays": 1}),
            "describe_secret": secret.describe_secret()}


@case(FILE + "test_first_rotate_secret_with_missing_lambda_arn")
def no_function(aws):
    secret = Secret(aws)
    return {"create_secret": secret.create("v"), "rotate_secret_no_arn_exc": aws.refused(secret.rotate_secret),
            "describe_secret": secret.describe_secret()}


@case(FILE + "test_resource_policy")
def policy(aws):
    secret = Secret(aws)
    secret.create("v")
    document = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}]})
    return {"put_resource_policy": secret.put_resource_policy(ResourcePolicy=document), "get_resource_policy": secret.get_resource_policy()}


@case(FILE + "test_secret_tags")
def tags(aws):
    secret = Secret(aws)
    put = lambda *names: secret.tag_resource(Tags=[{"Key": name, "Value": name.replace("tag", "value")} for name in names])
    told = {"create_secret": secret.create(), "describe_secret": secret.describe_secret()}
    told["tag_resource_1"] = put("tag1")
    told["describe_secret_1"] = secret.describe_secret()
    told["tag_resource_2"] = put("tag2")
    told["describe_secret_2"] = secret.describe_secret()
    told["untag_resource_1"] = secret.untag_resource(TagKeys=["tag1"])
    told["describe_secret_3"] = secret.describe_secret()
    told["untag_resource_2"] = secret.untag_resource(TagKeys=["tag2"])
    told["describe_secret_4"] = secret.describe_secret()
    put("tag3", "tag4")
    told["describe_secret_5"] = secret.describe_secret()
    secret.untag_resource(TagKeys=["tag3", "tag4"])
    told["describe_secret_6"] = secret.describe_secret()
    return told


@case(FILE + "test_deprecated_secret_version_stage")
def deprecated(aws):
    secret = Secret(aws)
    told = {"create_secret": secret.create("v1"), "list_secret_version_ids": secret.versions()}
    for at, listed in ((1, 1), (2, 2), (3, 4)):
        told[f"put_secret_value_{at}"] = secret.put(f"v{at + 1}")
        told[f"list_secret_version_ids_{listed}"] = secret.versions()
        if at > 1:
            told[f"list_secret_version_ids_{listed + 1}"] = secret.versions(IncludeDeprecated=True)
    return told


@case(FILE + "test_secret_version_not_found")
def unknown_version(aws):
    secret = Secret(aws)
    secret.create()
    words = lambda **which: f"An error occurred ({(error := aws.refused(secret.get, **which)['Error'])['Code']}) when calling the " \
                            f"GetSecretValue operation: {error['Message']}"
    told = {"get_secret_value_no_version_ex": words()}
    secret.put("v")
    told["get_secret_value_version_not_found_ex"] = words(VersionId="a" * 32)
    told["get_secret_value_stage_not_found_ex"] = words(VersionStage="AWSPENDING")
    return told


@case(FILE + "test_get_secret_value")
def binary(aws):
    secret = Secret(aws)
    secret.create(SecretBinary=b"footest")
    answer = secret.get()
    wire = {**bare(answer), "SecretBinary": "Zm9vdGVzdA=="}
    return {"secret_value_response": {**answer, "SecretBinary": str(answer["SecretBinary"])}, "secret_value_http_response": wire}


@case(FILE + "test_force_delete_deleted_secret")
def deleted_twice(aws):
    secret = Secret(aws)
    return {"create_secret_response": secret.create("v"), "delete_secret_response": secret.delete_secret(),
            "describe_secret_response": secret.describe_secret(), "force_delete_secret_response": secret.gone()}


def changed(aws, first, second):
    secret = Secret(aws)
    secret.create(SecretBinary=b"initial")
    shown = lambda answer: {**answer, "SecretBinary": str(answer["SecretBinary"])}
    told = {"put_secret_value_secret_response": shown(secret.get())}
    secret.put_secret_value(SecretBinary=first)
    told["put_secret_binary_response_updated"] = shown(secret.get())
    secret.update_secret(SecretBinary=second)
    told["update_secret_binary_response_updated"] = shown(secret.get())
    return told


case(FILE + "test_change_secret_value_after_creation[footest-updated1]", b"footest", b"updated1")(changed)
case(FILE + "test_change_secret_value_after_creation[tops3cret-updated2]", b"tops3cret", b"updated2")(changed)
case(FILE + "test_change_secret_value_after_creation[\\x00\\x01\\x02\\xff-\\xfe\\xfd]", b"\x00\x01\x02\xff", b"\xfe\xfd")(changed)
