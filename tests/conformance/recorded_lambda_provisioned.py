"""Provisioned concurrency as AWS answered it."""

import json
import time

import botocore.config

from recorded_lambda import case, make
from recorded_lambda_functions import of

API = "test_lambda_api.py::TestLambdaProvisionedConcurrency::test_"


def dateless(config):
    return {key: "date" if key == "LastModified" else value for key, value in config.items()}


def settled(client, **where):
    for _ in range(200):
        config = client.get_provisioned_concurrency_config(**where)
        if config["Status"] != "IN_PROGRESS":
            return dateless(config)
        time.sleep(0.05)
    raise AssertionError(f"never settled: {config}")


@case("test_lambda.py::TestLambdaConcurrency::test_provisioned_concurrency_on_alias", 5, "", "_5")
@case("test_lambda.py::TestLambdaConcurrency::test_provisioned_concurrency_init_failure", 1, "raise ValueError\n", "")
def provisioned(aws, count, start, suffix):
    client, function = make(aws, start + "def handler(event, context):\n    return 1\n")
    client.publish_version(**of(function))
    client.create_alias(**of(function), Name="alias", FunctionVersion="1")
    where = of(function, Qualifier="alias")
    aws.later(client.delete_provisioned_concurrency_config, **where)
    put = dateless(client.put_provisioned_concurrency_config(**where, ProvisionedConcurrentExecutions=count))
    return {f"put_provisioned{suffix}": put, "get_provisioned_prewait": dateless(client.get_provisioned_concurrency_config(**where)),
            "get_provisioned_postwait": settled(client, **where)}


@case(API + "provisioned_concurrency_exceptions")
def refusals(aws):
    client, function = make(aws)
    name = of(function)
    answers = {"publish_version_result": client.publish_version(**name)}
    put, get = client.put_provisioned_concurrency_config, client.get_provisioned_concurrency_config
    delete, listed = client.delete_provisioned_concurrency_config, client.list_provisioned_concurrency_configs

    def bad(word, call, **where):
        more = {"ProvisionedConcurrentExecutions": 1} if call == put else {}
        answers[word] = aws.refused(call, **{**name, **more, **where})
    bad("get_provisioned_config_doesnotexist", get, Qualifier="1")
    bad("get_provisioned_functionname_doesnotexist", get, FunctionName="doesnotexist", Qualifier="noalias")
    bad("get_provisioned_qualifier_doesnotexist", get, Qualifier="noalias")
    bad("get_provisioned_version_doesnotexist", get, Qualifier="10")
    bad("get_provisioned_latest", get, Qualifier="$LATEST")
    answers["list_provisioned_noconfigs"] = listed(**name)
    bad("list_provisioned_functionname_doesnotexist", listed, FunctionName="doesnotexist")
    bad("delete_provisioned_functionname_doesnotexist", delete, FunctionName="doesnotexist", Qualifier="1")
    bad("delete_provisioned_qualifier_doesnotexist", delete, Qualifier="noalias")
    bad("delete_provisioned_version_doesnotexist", delete, Qualifier="10")
    bad("delete_provisioned_latest", delete, Qualifier="$LATEST")
    answers["delete_provisioned_config_doesnotexist"] = delete(**name, Qualifier="1")
    unchecked = aws.client("lambda", config=botocore.config.Config(parameter_validation=False)).put_provisioned_concurrency_config
    answers["put_provisioned_invalid_param_0"] = aws.refused(unchecked, **name, Qualifier="1", ProvisionedConcurrentExecutions=0)
    bad("put_provisioned_functionname_doesnotexist_alias", put, FunctionName="doesnotexist", Qualifier="noalias")
    bad("put_provisioned_functionname_doesnotexist_version", put, FunctionName="doesnotexist", Qualifier="1")
    bad("put_provisioned_qualifier_doesnotexist", put, Qualifier="doesnotexist")
    bad("put_provisioned_version_doesnotexist", put, Qualifier="10")
    bad("put_provisioned_latest", put, Qualifier="$LATEST")
    return answers


@case(API + "lambda_provisioned_lifecycle")
def life(aws):
    client, function = make(aws)
    name, one = of(function), {"ProvisionedConcurrentExecutions": 1}
    version, alias = of(function, Qualifier="1"), of(function, Qualifier="alias")
    put, get = client.put_provisioned_concurrency_config, client.get_provisioned_concurrency_config
    answers = {"publish_version_result": client.publish_version(**name),
               "create_alias_result": client.create_alias(**name, Name="alias", FunctionVersion="1"),
               "put_provisioned_on_version": dateless(put(**version, **one)),
               "put_provisioned_on_alias_versionconflict": aws.refused(put, **alias, **one),
               "delete_provisioned_version": client.delete_provisioned_concurrency_config(**version),
               "get_provisioned_version_postdelete": aws.refused(get, **version),
               "put_provisioned_on_alias": dateless(put(**alias, **one)),
               "put_provisioned_on_version_conflict": aws.refused(put, **version, **one),
               "delete_alias_result": client.delete_alias(**name, Name="alias")}
    answers["get_provisioned_alias_postaliasdelete"] = aws.refused(get, **alias)
    return {**json.loads(json.dumps(answers, default=str).replace('"alias"', '"<alias-name>"').replace(":alias", ":<alias-name>")),
            "list_response_postdeletes": client.list_provisioned_concurrency_configs(**name)}


@case(API + "provisioned_concurrency_limits")
def limits(aws):
    client, function = make(aws)
    client.publish_version(**of(function))
    free = client.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]

    def put(count):
        answer = aws.refused(client.put_provisioned_concurrency_config, **of(function, Qualifier="1"), ProvisionedConcurrentExecutions=count)
        return json.loads(json.dumps(answer).replace(f"[{free}]", "[<unreserved_concurrency>]").replace("[100]", "[<min_unreserved_concurrency>]"))
    return {"put_provisioned_concurrency_account_limit_exceeded": put(free + 1),
            "put_provisioned_concurrency_below_unreserved_min_value": put(free - 99)}
