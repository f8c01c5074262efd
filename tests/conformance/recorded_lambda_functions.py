"""Functions, versions, aliases and settings as AWS answered them."""

import json
import re

import botocore.config

from recorded_lambda import arn_of, archive, case, make

VERSIONED = ("def handler(event, context):\n    return {'version_id': '%s', 'invoked_arn': context.invoked_function_arn, "
             "'version_from_ctx': context.function_version}\n")
PLAIN = {"Handler": "index.handler", "Timeout": None, "Environment": None}
OTHER = "def handler(event, context):\n    return 'other'\n"


def whole(made):
    """As LocalStack's fixture keeps what it made."""
    return {"CreateEventSourceMappingResponse": None, "CreateFunctionResponse": made}


def of(made, **more):
    return {"FunctionName": made["FunctionName"], **more}


@case("test_lambda.py::TestLambdaBaseFeatures::test_function_state")
def state(aws):
    client, made = make(aws, Timeout=None, Environment=None)
    return {"create-fn-response": made, "get-fn-response": client.get_function(**of(made))}


@case("test_lambda.py::TestLambdaBehavior::test_lambda_invoke_with_timeout", 1, "import time\ndef handler(event, context):\n    time.sleep(9)\n")
@case("test_lambda.py::TestLambdaBehavior::test_lambda_invoke_no_timeout", 2, "def handler(event, context):\n    pass\n")
def timeout(aws, seconds, code):
    client, made = make(aws, code, Timeout=seconds)
    answer = client.invoke(**of(made), Payload=b"{}")
    answer["Payload"] = re.sub(r"RequestId: \S+ Error", "RequestId: <timeout_error_msg> Error", answer["Payload"].read().decode())
    return {"create-result": whole(made), "invoke-result": answer}


@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_event[nodejs16.x]", "Event", "nodejs16.x")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_dry_run[nodejs16.x]", "DryRun", "nodejs16.x")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_no_return_payload[python-RequestResponse]", "RequestResponse", "python3.12")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_no_return_payload[python-Event]", "Event", "python3.12")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_no_return_payload[nodejs-RequestResponse]", "RequestResponse", "nodejs20.x")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_no_return_payload[nodejs-Event]", "Event", "nodejs20.x")
def nothing_returned(aws, kind, runtime):
    client, made = make(aws, "def handler(event, context):\n    pass\n" if runtime.startswith("python") else "exports.handler = async () => {};\n",
                        "handler.py" if runtime.startswith("python") else "handler.js", Runtime=runtime)
    return {"invoke-result": client.invoke(**of(made), InvocationType=kind, Payload=b"{}")}


@case("test_lambda.py::TestLambdaVersions::test_lambda_versions_with_code_changes")
def versions_of_code(aws):
    client, made = make(aws, VERSIONED % "version1", Timeout=None, Environment=None, Description="No version :(")
    name = of(made)

    def update(version, **more):
        return client.update_function_code(**name, ZipFile=archive(VERSIONED % version), **more)

    def call(qualifier="$LATEST"):
        more = {} if qualifier == "$LATEST" else {"Qualifier": qualifier}
        return client.invoke(**name, Payload=b"{}", **more)
    answers = {"create_response": made, "first_publish_response": client.publish_version(**name, Description="First version description :)"),
               "update_lambda_response": update("version2"), "invocation_result_latest": call(), "invocation_result_v1": call("1"),
               "second_publish_response": client.publish_version(**name, Description="Second version description :)"),
               "invocation_result_v2": call("2"), "update_lambda_response_with_publish": update("version3", Publish=True)}
    return {**answers, "invocation_result_v3": call("3"), "invocation_result_latest_end": call(), "invocation_result_v2_end": call("2"),
            "invocation_result_v1_end": call("1")}


@case("test_lambda.py::TestLambdaAliases::test_lambda_alias_moving")
def alias_that_moves(aws):
    client, made = make(aws, VERSIONED % "version1", Timeout=None, Environment=None, Description="No version :(")
    name = of(made)
    client.publish_version(**name, Description="First version description :)")
    alias = {**name, "Name": "alias1"}
    answers = {"create_response": made, "create_alias_response": client.create_alias(**alias, FunctionVersion="1")}

    def call(**target):
        return client.invoke(**{**name, "Qualifier": "alias1", **target}, Payload=b"{}")
    answers["invocation_result_qualifier_v1"] = call()
    arn = f"{made['FunctionArn']}:alias1"
    answers["invocation_result_qualifier_v1_arn"] = client.invoke(FunctionName=arn, Payload=b"{}")
    answers["update_lambda_response"] = client.update_function_code(**name, ZipFile=archive(VERSIONED % "version2"))
    answers["invocation_result_qualifier_v1_after_update"] = call()
    answers["second_publish_response"] = client.publish_version(**name, Description="Second version description :)")
    answers["invocation_result_qualifier_v1_after_publish"] = call()
    answers["update_alias_response"] = client.update_alias(**alias, FunctionVersion="2")
    answers["invocation_result_qualifier_v2"] = call()
    return {**answers, "invocation_exc_not_existent": aws.refused(client.invoke, **name, Qualifier="non-existent-alias", Payload=b"{}")}


@case("test_lambda.py::TestLambdaBaseFeatures::test_lambda_different_iam_keys_environment")
def made_once(aws):
    return {"create-result": whole(make(aws)[1])}


WHO = """import os
def handler(event, context):
    return [os.environ[name] for name in ("AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
"""


@case("test_lambda.py::TestLambdaBaseFeatures::test_assume_role[1]", "x")
@case("test_lambda.py::TestLambdaBaseFeatures::test_assume_role[2]", None)
def role_of_a_function(aws, name):
    client, made = make(aws, WHO, name=name)
    token, key, secret = json.loads(client.invoke(**of(made), Payload=b"{}")["Payload"].read())
    who = aws.server.client("sts", region=aws.region, credentials={"accessKeyId": key, "secretAccessKey": secret, "sessionToken": token})
    arn = who.get_caller_identity()["Arn"]
    role = made["Role"].rpartition("/")[2]
    return {"invoke-result-assumed-role-arn": arn.replace(role, "lambda-autogenerated-<lambda-autogenerated-role-prefix>")
            .replace(f"/{made['FunctionName']}", "/<function-name>")}


@case("test_lambda.py::TestLambdaConcurrency::test_lambda_concurrency_update")
def concurrency_of_all_versions(aws):
    client, made = make(aws)
    name = of(made)
    answers = {"put_function_concurrency": client.put_function_concurrency(**name, ReservedConcurrentExecutions=3),
               "get_function_concurrency_updated": client.get_function_concurrency(**name),
               "get_function_concurrency_info": client.get_function(**name)}
    client.delete_function_concurrency(**name)
    return {**answers, "get_function_concurrency_deleted": client.get_function_concurrency(**name)}


@case("test_lambda_api.py::TestLambdaFunction::test_ops_with_arn_qualifier_mismatch[get_function]", "get_function")
@case("test_lambda_api.py::TestLambdaFunction::test_ops_with_arn_qualifier_mismatch[get_function_configuration]", "get_function_configuration")
def qualifiers_that_differ(aws, operation):
    call, arn = getattr(aws.client("lambda"), operation), arn_of(aws, "some-function")
    return {"not_match_exception": aws.refused(call, FunctionName=f"{arn}:1", Qualifier="$LATEST"),
            "match_exception": aws.refused(call, FunctionName=f"{arn}:$LATEST", Qualifier="$LATEST")}


@case("test_lambda_api.py::TestLambdaVersions::test_publish_version_on_create")
def published_at_once(aws):
    client, made = make(aws, **PLAIN, Publish=True)
    name = of(made)
    answers = {"create_response": made, "get_function_result": client.get_function(**name),
               "get_function_version_result": client.get_function(**name, Qualifier="1"),
               "get_function_latest_result": client.get_function(**name, Qualifier="$LATEST"),
               "list_versions_result": client.list_versions_by_function(**name), "repeated_publish_response": client.publish_version(**name)}
    return {**answers, "list_versions_result_after_publish": client.list_versions_by_function(**name)}


@case("test_lambda_api.py::TestLambdaVersions::test_version_lifecycle")
def versions(aws):
    client, made = make(aws, **PLAIN, Description="No version :(")
    name = of(made)
    answers = {"create_response": made, "get_function_result": client.get_function(**name),
               "list_versions_result": client.list_versions_by_function(**name),
               "first_update_response": client.update_function_configuration(**name, Description="First version :)"),
               "first_update_get_function": client.get_function(**name),
               "first_publish_response": client.publish_version(**name, Description="First version description :)"),
               "first_publish_get_function": client.get_function(**name, Qualifier="1"),
               "first_publish_get_function_config": client.get_function_configuration(**name, Qualifier="1"),
               "second_update_response": client.update_function_configuration(**name, Description="Second version :))"),
               "first_publish_get_function_after_update": client.get_function(**name, Qualifier="1"),
               "second_publish_response": client.publish_version(**name), "third_publish_response": client.publish_version(**name),
               "list_versions_result_after_third_publish": client.list_versions_by_function(**name)}
    client.delete_function(**name, Qualifier="1")
    return {**answers, "list_versions_result_after_deletion_of_first_version": client.list_versions_by_function(**name)}


@case("test_lambda_api.py::TestLambdaFunction::test_function_lifecycle")
def life(aws):
    client, made = make(aws, MemorySize=256, Timeout=5)
    name = of(made)
    answers = {"create_response": whole(made), "get_function_response": client.get_function(**name),
               "update_func_conf_response": client.update_function_configuration(
                   **name, Runtime="python3.11", Description="Changed-Description", MemorySize=512, Timeout=10,
                   Environment={"Variables": {"ENV_A": "a"}})}
    answers["get_function_response_postupdate"] = client.get_function(**name)
    answers["update_code_response"] = client.update_function_code(**name, ZipFile=archive(OTHER))
    answers["get_function_response_postcodeupdate"] = client.get_function(**name)
    answers["delete_response"] = client.delete_function(**name)
    return {**answers, "delete_postdelete": aws.refused(client.delete_function, **name)}


@case("test_lambda_api.py::TestLambdaFunction::test_redundant_updates")
def the_same_twice(aws):
    client, made = make(aws, Description="Initial description")
    change = of(made, Description="1st update description")
    answers = {"create_response": whole(made), "first_update_result": client.update_function_configuration(**change),
               "get_fn_config_result": client.get_function_configuration(**of(made)), "get_fn_result": client.get_function(**of(made)),
               "redundant_update_result": client.update_function_configuration(**change)}
    return {**answers, "get_fn_result_after_redundant_update": client.get_function(**of(made))}


@case("test_lambda_api.py::TestLambdaFunction::test_lambda_code_location_zipfile")
def code_location(aws):
    client, made = make(aws, **PLAIN)
    return {"create-response-zip-file": made, "get-function-response": client.get_function(**of(made)),
            "update-function-response": client.update_function_code(**of(made), ZipFile=archive(OTHER)),
            "get-function-response-updated": client.get_function(**of(made))}


@case("test_lambda_api.py::TestLambdaRevisions::test_function_revisions_basic")
def revisions(aws):
    client, made = make(aws, Handler="index.handler")
    name = of(made)

    def zipped():
        return {"ZipFile": archive("def handler(event, context):\n    return event\n")}
    second = client.get_function(**name)
    answers = {"create_function_response_rev1": whole(made), "get_function_response_rev2": second,
               "update_function_revision_exception": aws.refused(client.update_function_code, **name, **zipped(), RevisionId=made["RevisionId"]),
               "update_function_code_response_rev3": client.update_function_code(**name, **zipped(),
                                                                                 RevisionId=second["Configuration"]["RevisionId"])}
    fourth = client.get_function(**name)
    stale = answers["update_function_code_response_rev3"]["RevisionId"]
    answers["get_function_response_rev4"] = fourth
    answers["update_function_configuration_revision_exception"] = aws.refused(
        client.update_function_configuration, **name, Runtime="python3.8", RevisionId=stale)
    answers["update_function_configuration_response_rev5"] = client.update_function_configuration(
        **name, Runtime="python3.8", RevisionId=fourth["Configuration"]["RevisionId"])
    return {**answers, "get_function_response_rev6": client.get_function(**name)}


@case("test_lambda_api.py::TestLambdaAlias::test_alias_lifecycle")
def aliases(aws):
    client, made = make(aws, **{**PLAIN, "Environment": {"Variables": {"testenv": "staging"}}})
    name = of(made)
    answers = {"create_response": made, "publish_v1": client.publish_version(**name)}
    client.update_function_configuration(**name, Environment={"Variables": {"testenv": "prod"}})
    answers["publish_v2"] = client.publish_version(**name)

    def alias(number):
        return {**name, "Name": f"aliasname{number}"}

    def create(number, **more):
        answers[f"create_alias_{number}"] = client.create_alias(**alias(number), **more)
        answers[f"get_alias_{number}"] = client.get_alias(**alias(number))
    create("1_1", FunctionVersion="1", Description="custom-alias", RoutingConfig={"AdditionalVersionWeights": {"2": 0.2}})
    arn = made["FunctionArn"]
    answers["get_function_alias_1_1"] = client.get_function(**name, Qualifier="aliasname1_1")
    answers["get_function_byarn_alias_1_1"] = client.get_function(FunctionName=f"{arn}:aliasname1_1")
    answers["get_function_alias_notfound_exc"] = aws.refused(client.get_function, **name, Qualifier="aliasdoesnotexist")
    answers["get_function_alias_byarn_notfound_exc"] = aws.refused(client.get_function, FunctionName=f"{arn}:aliasdoesnotexist")
    create("1_2", FunctionVersion="1", Description="custom-alias")
    create("1_3", FunctionVersion="1")
    create("2", FunctionVersion="2", Description="custom-alias")
    listed = client.list_aliases(**name)
    answers["list_aliases_for_fnname"] = {"Aliases": listed["Aliases"]}
    answers["update_alias_1_1"] = client.update_alias(**alias("1_1"), RoutingConfig={"AdditionalVersionWeights": {}})
    answers["get_alias_1_1_after_update"] = client.get_alias(**alias("1_1"))
    answers["list_aliases_for_fnname_after_update"] = client.list_aliases(**name)
    answers["update_alias_1_2"] = client.update_alias(**alias("1_2"), RoutingConfig={"AdditionalVersionWeights": {}})
    answers["get_alias_1_2_after_update"] = client.get_alias(**alias("1_2"))
    answers["list_aliases_for_fnname_after_update_2"] = client.list_aliases(**name)
    answers["list_aliases_for_version"] = client.list_aliases(**name, FunctionVersion="1")
    answers["delete_alias_response"] = client.delete_alias(**alias("1_1"))
    return {**answers, "list_aliases_for_fnname_afterdelete": client.list_aliases(**name)}


@case("test_lambda_api.py::TestLambdaAlias::test_notfound_and_invalid_routingconfigs")
def aliases_refused(aws):
    client, made = make(aws, **{**PLAIN, "Environment": {"Variables": {"testenv": "staging"}}}, Publish=True)
    name = of(made)
    answers = {"create_response": made, "publish_v1": client.publish_version(**name)}
    client.update_function_configuration(**name, Environment={"Variables": {"testenv": "prod"}})
    answers["publish_v2"] = client.publish_version(**name)

    unchecked = aws.client("lambda", config=botocore.config.Config(parameter_validation=False))

    def wrong(word, weights=None, version="1", alias="custom", **more):
        routing = {} if weights is None else {"RoutingConfig": {"AdditionalVersionWeights": weights}}
        answers[word] = aws.refused(unchecked.create_alias, **{**name, "Name": alias, "FunctionVersion": version, **routing, **more})
    wrong("routing_config_exc_toomany", {"1": 0.8, "2": 0.2})
    wrong("routing_config_exc_toohigh", {"2": 2})
    wrong("routing_config_exc_subzero", {"2": -1})
    wrong("routing_config_exc_sameversion", {"1": 0.5})
    wrong("target_version_doesnotexist", {"2": 0.5}, "10")
    wrong("routing_config_exc_version_doesnotexist", {"10": 0.5})
    wrong("target_version_exc_version_latest", {"1": 0.5}, "$LATEST")
    wrong("routing_config_exc_version_latest", {"$LATEST": 0.5})
    answers["create-alias-latest"] = client.create_alias(**name, Name="custom-latest", FunctionVersion="$LATEST")
    wrong("routing_config_exc_fn_doesnotexist", {"2": 0.5}, FunctionName=f"{made['FunctionName']}-unknown")
    answers["create_alias_empty_routingconfig"] = client.create_alias(**name, Name="custom-empty-routingconfig", FunctionVersion="1",
                                                                      RoutingConfig={"AdditionalVersionWeights": {}})
    answers["create_alias_response"] = client.create_alias(**name, Name="custom", FunctionVersion="1",
                                                           RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}})
    wrong("routing_config_exc_already_exist", {"2": 0.5})
    return {**answers, "alias_does_not_exist_esc": aws.refused(client.get_alias, **name, Name="non-existent")}


@case("test_lambda_api.py::TestLambdaFunction::test_list_functions")
def lists(aws):
    client, first = make(aws, Publish=True)
    role = first["Role"]
    second = client.create_function(FunctionName=aws.name("zfunction"), Runtime="python3.12", Handler="handler.handler", Timeout=30, Role=role,
                                    Environment={"Variables": {}}, Code={"ZipFile": archive(OTHER)})
    aws.later(client.delete_function, FunctionName=second["FunctionName"])
    ours = {first["FunctionName"], second["FunctionName"]}

    def mine(**more):
        return {"Functions": [one for page in client.get_paginator("list_functions").paginate(**more) for one in page["Functions"]
                              if one["FunctionName"] in ours]}
    return {"create_response_1": whole(first), "create_response_2": whole(second),
            "list_functions_invalid_functionversion": aws.refused(client.list_functions, FunctionVersion="invalid"),
            "list_all": mine(FunctionVersion="ALL"), "list_default": mine()}


@case("test_lambda_api.py::TestLambdaFunction::test_function_arns")
def names_of_functions(aws):
    client, first = make(aws, name=arn_of(aws, aws.name("function")))
    made = {"Runtime": "python3.12", "Handler": "handler.handler", "Role": first["Role"], "Code": {"ZipFile": archive(OTHER)}}
    second = client.create_function(FunctionName=f"{aws.account}:function:{aws.name('function')}", Timeout=30, Environment={"Variables": {}},
                                    **made)
    aws.later(client.delete_function, FunctionName=second["FunctionName"])
    arn = first["FunctionArn"]

    def refused(name):
        return aws.refused(client.create_function, FunctionName=name, **made)
    long = "a" * 65
    other = refused(arn.replace(aws.account, "123456789012"))
    longer = refused(arn_of(aws, "a" * 100))
    longer["Error"]["Message"] = longer["Error"]["Message"].replace("a" * 100, "<function-name>")
    return {"create-function-arn-response": whole(first), "create-function-partial-arn-response": whole(second),
            "invalid_function_name_exc": refused("invalid:function:name"), "long_function_name_exc": refused(long),
            "long_function_arn_exc": longer,
            "function_arn_other_region_exc": refused(arn.replace(aws.region, "ap-southeast-1")),
            "function_arn_other_account_exc": other}


@case("test_lambda_api.py::TestLambdaFunction::test_create_lambda_exceptions")
def functions_refused(aws):
    client, made = make(aws)
    good = {"FunctionName": "f", "Runtime": "python3.12", "Handler": "handler.handler", "Role": made["Role"], "Code": {"ZipFile": archive(OTHER)}}

    def refused(**wrong):
        return aws.refused(client.create_function, **{**good, **wrong})
    return {"invalid_role_arn_exc": refused(Role="r1"), "invalid_runtime_exc": refused(Runtime="non-existent-runtime"),
            "uppercase_runtime_exc": refused(Runtime="PYTHON3.9"),
            "empty_architectures": "Parameter validation failed:\nInvalid length for parameter Architectures, value: 0, valid min length: 1",
            "multiple_architectures": refused(Architectures=["x86_64", "arm64"]),
            "uppercase_architecture": refused(Architectures=["X86_64"]), "invalid_zip_exc": refused(Code={"ZipFile": b"this is not a zipfile"})}


@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[java8]", "java8")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[go1.x]", "go1.x")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[provided]", "provided")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[ruby2.7]", "ruby2.7")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[nodejs14.x]", "nodejs14.x")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[python3.7]", "python3.7")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[dotnetcore3.1]",
      "dotnetcore3.1")
@case("test_lambda_api.py::TestRuntimeValidation::test_create_deprecated_function_runtime_with_validation_enabled[nodejs12.x]", "nodejs12.x")
def runtimes_that_ended(aws, runtime):
    return {"deprecation_error": aws.refused(make, aws, Runtime=runtime)}


SWITCHES = "test_lambda_api.py::TestLoggingConfig::test_"


@case(SWITCHES + "advanced_logging_configuration_format_switch", {"LogFormat": "JSON"}, {"LogFormat": "Text"})
@case(SWITCHES + "function_partial_advanced_logging_configuration_update[partial_config0]", {"LogFormat": "JSON"})
@case(SWITCHES + "function_partial_advanced_logging_configuration_update[partial_config1]",
      {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"})
@case(SWITCHES + "function_partial_advanced_logging_configuration_update[partial_config2]", {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
@case(SWITCHES + "function_partial_advanced_logging_configuration_update[partial_config3]", {"LogGroup": "cool_lambda"})
def logging(aws, *settings):
    client, made = make(aws, MemorySize=256, Timeout=5)
    name = of(made)
    answers = {"create_response": whole(made), "get_function_response": client.get_function(**name),
               "function_config": client.get_function_configuration(**name)}
    for setting, suffix in zip(settings, ("", "_v2")):
        answers["updated_config" + suffix] = client.update_function_configuration(**name, LoggingConfig=setting)
        answers["received_config" + suffix] = client.get_function_configuration(**name)
    return answers


@case("test_lambda_api.py::TestLambdaSizeLimits::test_large_lambda")
def large(aws):
    client, made = make(aws, "# " + "x" * 1000 + "\n" + OTHER, Timeout=10, Environment=None)
    return {"create_function_large_zip": made}


@case("test_lambda_api.py::TestLambdaSizeLimits::test_large_environment_variables_fails", 4082)
@case("test_lambda_api.py::TestLambdaSizeLimits::test_lambda_envvars_near_limit_succeeds", 4080)
def large_environment(aws, size):
    variables = {"Variables": {"LARGE_VAR": "x" * size}}
    if size == 4082:
        return {"failed_create_fn_result": aws.refused(make, aws, Environment=variables)}
    return {"successful_create_fn_result": whole(make(aws, Environment=variables)[1])}
