"""Permissions, layers, tags, asynchronous settings and limits of functions as AWS answered them."""

import functools
import json
import re
import time
import urllib.request

from recorded_lambda import ECHO, archive, arn_of, case, make
from recorded_lambda_functions import of

S3 = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
LOGS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})


def bucket(aws):
    return f"arn:aws:s3:::{aws.name('bucket')}"


def spoken(aws, made, ending, count=1):
    """The messages of the function's log group, once one with this ending is there."""
    logs, group = aws.client("logs"), f"/aws/lambda/{made['FunctionName']}"
    for _ in range(100):
        try:
            messages = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            messages = []
        if sum(ending in message for message in messages) >= count:
            return messages
        time.sleep(0.05)
    raise AssertionError(f"it never said {ending}: {messages}")


def allow_logs(aws, made):
    iam, role = aws.client("iam"), made["Role"].rpartition("/")[2]
    iam.put_role_policy(RoleName=role, PolicyName="logs", PolicyDocument=LOGS)
    aws.later(iam.delete_role_policy, RoleName=role, PolicyName="logs")


SPEAKS = """import logging
logging.getLogger().setLevel(logging.INFO)
def handler(event, context):
    logging.getLogger().info("RequestId log message")
    return context.aws_request_id
"""


@case("test_lambda.py::TestRequestIdHandling::test_request_id_invoke")
def request_id(aws):
    client, made = make(aws, SPEAKS)
    allow_logs(aws, made)
    answer = client.invoke(**of(made), Payload=b"{}")
    said = [re.sub(r"[0-9.]+ ms", "<duration> ms", re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "date", message.strip())) for message in spoken(aws, made, "REPORT RequestId")
            if not message.startswith("INIT_START")]
    return {"invoke_result": answer, "log_entries": {"logs": said}}


@case("test_lambda.py::TestRequestIdHandling::test_request_id_invoke_url")
def request_id_of_a_url(aws):
    client, made = make(aws, "def handler(event, context):\n    return 'hi'\n")
    allow_logs(aws, made)
    name = of(made)
    url = client.create_function_url_config(**name, AuthType="NONE")
    added = client.add_permission(**name, StatementId="urlPermission", Action="lambda:InvokeFunctionUrl", Principal="*", FunctionUrlAuthType="NONE")
    with urllib.request.urlopen(url["FunctionUrl"]) as answer:
        id = answer.headers["x-amzn-RequestId"]
        called = {"content": answer.read().decode(), "headers": {"x-amzn-RequestId": id}, "statuscode": answer.status}
    ended = [message.strip() for message in spoken(aws, made, "END RequestId") if message.startswith("END")]
    return {"create_lambda_url_config": {**url, "CreationTime": "date"}, "add_permission": added, "lambda_url_invocation": called,
            "end_log_entries": ended}


@case("test_lambda_api.py::TestLambdaTag::test_create_tag_on_fn_create")
def tagged_at_once(aws):
    client, made = make(aws, Tags={"testtag": "custom"})
    answers = {"get_function_result": client.get_function(**of(made)), "list_tags_result": client.list_tags(Resource=made["FunctionArn"])}
    return answers


@case("test_lambda_api.py::TestLambdaTags::test_tag_limits")
def tags_that_are_many(aws):
    client, made = make(aws)
    arn, tags = made["FunctionArn"], {f"{number}_key": f"{number}_value" for number in range(51)}
    few = {key: value for key, value in tags.items() if key != "50_key"}
    return {"tag_lambda_too_many_tags": aws.refused(client.tag_resource, Resource=arn, Tags=tags),
            "tag_response": client.tag_resource(Resource=arn, Tags=few), "list_tags_response": client.list_tags(Resource=arn),
            "get_fn_response": client.get_function(**of(made)),
            "tag_lambda_too_many_tags_additional": aws.refused(client.tag_resource, Resource=arn, Tags={"a_key": "a_value"}),
            "create_function_invalid_tags": aws.refused(make, aws, Tags=tags)}


@case("test_lambda_api.py::TestLambdaTags::test_tag_lifecycle")
def tags(aws):
    client, made = make(aws, Tags={"key_a": "value_a"})
    arn, answers = made["FunctionArn"], {}

    def look(word):
        answers[f"list_tags_response_{word}"] = client.list_tags(Resource=arn)
        answers[f"get_fn_response_{word}"] = client.get_function(**of(made))
    look("postfncreate")
    answers["tag_resource_response"] = client.tag_resource(Resource=arn, Tags={f"key_{one}": f"value_{one}" for one in "bcde"})
    look("postaddtags")
    answers["tag_resource_overwrite"] = client.tag_resource(Resource=arn, Tags={"key_c": "value_x"})
    look("overwrite")
    client.untag_resource(Resource=arn, TagKeys=["key_c", "key_d"])
    look("postuntag")
    client.untag_resource(Resource=arn, TagKeys=["key_a", "key_b", "key_e"])
    look("postuntagall")
    client.delete_function(**of(made))
    return {**answers, "list_tags_postdelete": aws.refused(client.list_tags, Resource=arn)}


@case("test_lambda_api.py::TestLambdaAccountSettings::test_account_settings")
def account(aws):
    settings = aws.client("lambda").get_account_settings()
    return {"acc_settings_modded": {**{key: sorted(settings[key]) for key in ("AccountLimit", "AccountUsage")},
                                    "ResponseMetadata": settings["ResponseMetadata"]}}


@case("test_lambda_api.py::TestLambdaReservedConcurrency::test_function_concurrency_limits")
def concurrency_refused(aws):
    client, made = make(aws)
    limit = client.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    def put(count):
        answer = aws.refused(client.put_function_concurrency, **of(made), ReservedConcurrentExecutions=count)
        return json.loads(json.dumps(answer).replace("[100]", "[<min_unreserved_concurrency>]"))
    return {"put_function_concurrency_account_limit_exceeded": put(limit + 1),
            "put_function_concurrency_below_unreserved_min_value": put(limit - 99)}


@case("test_lambda_api.py::TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_exceptions")
def event_configs(aws):
    client, made = make(aws)
    other = make(aws)[1]
    name, arn, answers = of(made), made["FunctionArn"], {}
    answers["fn_version_result"] = client.publish_version(**name)
    answers["fn_alias_result"] = client.create_alias(**name, Name="eventinvokealias", FunctionVersion="1")
    put, update = client.put_function_event_invoke_config, client.update_function_event_invoke_config
    get, delete = client.get_function_event_invoke_config, client.delete_function_event_invoke_config
    gone = arn_of(aws, "doesnotexist")

    def good(word, call=put, **members):
        answers[word] = call(**{**name, **members})

    def bad(word, call=put, **members):
        answers[word] = aws.refused(call, **{**name, **members})

    def destination(success):
        return {"DestinationConfig": {"OnSuccess": {"Destination": success}}}
    bad("put_functionname_name_notfound", FunctionName="doesnotexist", MaximumRetryAttempts=1)
    bad("put_functionname_arn_notfound", FunctionName=gone, MaximumRetryAttempts=1)
    bad("put_functionname_nootherargs")
    bad("put_destination_lambda_doesntexist", **destination(gone))
    bad("put_destination_recursive", **destination(arn))
    good("put_destination_other_lambda", **destination(other["FunctionArn"]))
    bad("put_destination_invalid_service_arn", **destination(arn.replace(":lambda:", ":iam:")))
    good("put_destination_success_no_destination_arn", DestinationConfig={"OnSuccess": {}})
    good("put_destination_failure_no_destination_arn", DestinationConfig={"OnFailure": {}})
    bad("put_destination_invalid_arn_pattern", DestinationConfig={"OnFailure": {"Destination": arn.replace(":lambda:", ":_-/!lambda:")}})
    once = {"MaximumRetryAttempts": 1}
    good("put_destination_latest", **once)
    good("put_destination_latest_explicit_qualifier", **once, Qualifier="$LATEST")
    good("put_destination_version", **once, Qualifier="1")
    good("put_alias_functionname_qualifier", **once, Qualifier="eventinvokealias")
    bad("put_alias_doesnotexist", **once, Qualifier="doesnotexist")
    alias = f"{arn}:eventinvokealias"
    short = f"{made['FunctionName']}:eventinvokealias"
    good("put_alias_qualifiedarn", **once, FunctionName=alias)
    good("put_alias_qualifiedarn_qualifier", **once, FunctionName=alias, Qualifier="eventinvokealias")
    bad("put_alias_qualifiedarn_qualifierconflict", **once, FunctionName=alias, Qualifier="doesnotexist")
    good("put_alias_shorthand", **once, FunctionName=short)
    good("put_alias_shorthand_qualifier", **once, FunctionName=short, Qualifier="eventinvokealias")
    bad("put_alias_shorthand_qualifierconflict", **once, FunctionName=short, Qualifier="doesnotexist")
    latest, first = f"{made['FunctionName']}:$LATEST", f"{made['FunctionName']}:1"
    good("put_version_shorthand", **once, FunctionName=first)
    good("put_shorthand_qualifier_match", **once, FunctionName=latest, Qualifier="$LATEST")
    bad("put_shorthand_qualifier_mismatch_1", **once, FunctionName=latest, Qualifier="1")
    bad("put_shorthand_qualifier_mismatch_2", **once, FunctionName=first, Qualifier="$LATEST")
    bad("put_shorthand_qualifier_mismatch_3", **once, FunctionName=first, Qualifier="2")
    good("put_maxevent_maxvalue_result", MaximumRetryAttempts=2, MaximumEventAgeInSeconds=21600)
    good("put_pre_overwrite", MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60)
    good("put_post_overwrite", MaximumRetryAttempts=0)
    good("second_overwrite_existing_response", MaximumRetryAttempts=0)
    good("get_post_overwrite", get)
    good("pre_update_response", MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60)
    good("update_response", update, MaximumRetryAttempts=0)
    good("update_response_existing", update, MaximumRetryAttempts=0)
    good("list_configs", client.list_function_event_invoke_configs)
    good("delete_latest", delete)
    good("delete_version", delete, Qualifier="1")
    good("delete_alias", delete, Qualifier="eventinvokealias")
    good("list_configs_postdelete", client.list_function_event_invoke_configs)
    bad("delete_function_not_found", delete)
    bad("delete_function_doesnotexist", delete, FunctionName="doesnotexist")
    bad("list_function_doesnotexist", client.list_function_event_invoke_configs, FunctionName="doesnotexist")
    bad("get_function_doesnotexist", get, FunctionName="doesnotexist")
    bad("get_qualifier_doesnotexist", get, Qualifier="doesnotexist")
    bad("update_eventinvokeconfig_function_doesnotexist", update, FunctionName="doesnotexist", **once)
    bad("get_eventinvokeconfig_doesnotexist", get, Qualifier="eventinvokealias")
    bad("update_eventinvokeconfig_config_doesnotexist_with_qualifier", update, Qualifier="eventinvokealias", **once)
    bad("update_eventinvokeconfig_config_doesnotexist_without_qualifier", update, **once)
    return answers


@case("test_lambda_api.py::TestLambdaPermissions::test_permission_exceptions")
def permissions_refused(aws):
    client, made = make(aws)
    name, answers = of(made), {}

    def bad(word, call=client.add_permission, **members):
        given = {"StatementId": "lambda", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"} \
            if call == client.add_permission else {}
        answers[word] = json.loads(json.dumps(aws.refused(call, **{**name, **given, **members})).replace(made["FunctionName"], "<function-name>"))
    bad("add_permission_invalid_statement_id", StatementId="example.com")
    bad("add_permission_fn_qualifier_mismatch", FunctionName=f"{made['FunctionName']}:alias-not-42", Qualifier="42")
    bad("add_permission_fn_qualifier_latest", Qualifier="$LATEST")
    bad("add_permission_principal_invalid", Principal="invalid.nonaws.com")
    bad("get_policy_fn_doesnotexist", client.get_policy, FunctionName="doesnotexist")
    bad("get_policy_fn_version_doesnotexist", client.get_policy, Qualifier="42")
    bad("add_permission_fn_doesnotexist", FunctionName="doesnotexist")
    bad("remove_permission_policy_doesnotexist", client.remove_permission, StatementId="s3")
    bad("add_permission_fn_alias_doesnotexist", Qualifier="alias-doesnotexist")
    bad("add_permission_fn_version_doesnotexist", Qualifier="42")
    bad("add_permission_fn_qualifier_invalid", Qualifier="invalid-qualifier-with-?-char")
    bad("add_permission_fn_qualifier_valid_doesnotexist", Qualifier="valid-with-$-but-doesnotexist")
    client.add_permission(**name, **S3, StatementId="s3")
    bad("add_permission_conflicting_statement_id", **S3, StatementId="s3")
    bad("remove_permission_fn_doesnotexist", client.remove_permission, FunctionName="doesnotexist", StatementId="s3")
    bad("remove_permission_fn_alias_doesnotexist", client.remove_permission, Qualifier="alias-doesnotexist", StatementId="s3")
    return answers


@case("test_lambda_api.py::TestLambdaPermissions::test_lambda_permission_versioning")
def permission_of_versions(aws):
    client, made = make(aws)
    name, source = of(made), {"SourceArn": bucket(aws)}
    answers = {"add_permission": client.add_permission(**name, **S3, StatementId="s3", **source), "get_policy": client.get_policy(**name)}
    client.publish_version(**name)
    answers["get_policy_after_publishing_latest"] = client.get_policy(**name)
    answers["get_policy_after_publishing_new_version"] = aws.refused(client.get_policy, **name, Qualifier="1")
    client.add_permission(**name, **S3, StatementId="s3", **source, Qualifier="1")
    answers["get_policy_after_adding_to_new_version"] = client.get_policy(**name)
    client.add_permission(**name, **S3, StatementId="s3_2", **source)
    return {**answers, "get_policy_after_adding_2": client.get_policy(**name)}


@case("test_lambda_api.py::TestLambdaPermissions::test_lambda_permission_fn_versioning")
def permission_of_versions_and_aliases(aws):
    client, made = make(aws)
    name, source = of(made), {"SourceArn": bucket(aws)}
    add = functools.partial(client.add_permission, **name, **S3, **source)
    answers = {"add_permission": add(StatementId="s3"), "get_policy": client.get_policy(**name),
               "publish_version_result": client.publish_version(**name), "get_function_result_after_publishing": client.get_function(**name),
               "get_policy_after_publishing_latest": client.get_policy(**name),
               "get_policy_after_publishing_new_version": aws.refused(client.get_policy, **name, Qualifier="1")}
    add(StatementId="s3", Qualifier="1")
    answers["get_policy_version"] = client.get_policy(**name, Qualifier="1")
    answers["create_alias_response"] = client.create_alias(**name, Name="permission-alias", FunctionVersion="1")
    answers["get_alias"] = client.get_alias(**name, Name="permission-alias")
    answers["add_permission_alias_revision_exception"] = aws.refused(
        client.add_permission, **name, **S3, **source, StatementId="s3", Qualifier="permission-alias", RevisionId="wrong-revision-id")
    add(StatementId="s3", Qualifier="permission-alias", RevisionId=answers["create_alias_response"]["RevisionId"])
    answers["get_policy_alias"] = client.get_policy(**name, Qualifier="permission-alias")
    answers["get_policy_after_adding_to_new_version"] = client.get_policy(**name)
    add(StatementId="s3_2")
    return {**answers, "get_policy_after_adding_2": client.get_policy(**name)}


@case("test_lambda_api.py::TestLambdaRevisions::test_function_revisions_permissions")
def revision_of_a_policy(aws):
    client, made = make(aws)
    client.add_permission(**of(made), **S3, StatementId="s3")
    return {"add_permission_revision_exception": aws.refused(client.add_permission, **of(made), **S3, StatementId="s3_2", RevisionId="wrong")}


def layer_of(aws, **settings):
    client, name = aws.client("lambda"), aws.name("layer")
    made = client.publish_layer_version(LayerName=name, Content={"ZipFile": archive(ECHO)}, CompatibleArchitectures=["x86_64"], **settings)
    aws.later(client.delete_layer_version, LayerName=name, VersionNumber=1)
    return client, name, made


@case("test_lambda_api.py::TestLambdaLayer::test_layer_policy_exceptions")
def layer_policies_refused(aws):
    client, name, made = layer_of(aws, CompatibleRuntimes=["python3.12"])
    add, get, remove = client.add_layer_version_permission, client.get_layer_version_policy, client.remove_layer_version_permission
    one = {"LayerName": name, "VersionNumber": 1}
    statement = {"StatementId": "s1", "Action": "lambda:GetLayerVersion", "Principal": "*"}
    answers = {"publish_result": made, "layer_permission_nopolicy_get": aws.refused(get, **one), "add_layer_permission_result": add(**one, **statement)}
    answers["layer_permission_action_invalid"] = aws.refused(add, **{**one, **statement, "Action": "*", "StatementId": "s2"})
    answers["layer_permission_duplicate_statement"] = aws.refused(add, **one, **statement)
    answers["layer_permission_wrong_revision"] = aws.refused(add, **{**one, **statement, "StatementId": "s2"}, RevisionId="wrong")
    for word, where in (("layername", {"LayerName": f"{name}-doesnotexist"}), ("layerversion", {"VersionNumber": 2})):
        there = {**one, **where}
        answers[f"layer_permission_{word}_doesnotexist_add"] = aws.refused(add, **there, **statement)
        answers[f"layer_permission_{word}_doesnotexist_get"] = aws.refused(get, **there)
        answers[f"layer_permission_{word}_doesnotexist_remove"] = aws.refused(remove, **there, StatementId="s1")
    answers["layer_permission_statementid_doesnotexist_remove"] = aws.refused(remove, **one, StatementId="doesnotexist")
    return {**answers, "layer_permission_wrong_revision_remove": aws.refused(remove, **one, StatementId="s1", RevisionId="wrong")}


@case("test_lambda_api.py::TestLambdaLayer::test_layer_function_exceptions")
def layers_refused(aws):
    client, name, first = layer_of(aws, CompatibleRuntimes=[])
    again = {"LayerName": name, "Content": {"ZipFile": archive(ECHO)}, "CompatibleRuntimes": [], "CompatibleArchitectures": ["x86_64"]}
    answers = {"publish_result": first, "publish_result_2": client.publish_layer_version(**again),
               "publish_result_3": client.publish_layer_version(**again)}
    made = make(aws, "def handler(event, context):\n    return 1\n")[1]
    answers["get_fn_result"] = client.get_function(**of(made))
    arn = first["LayerArn"]

    def bad(word, *layers):
        answers[word] = aws.refused(client.update_function_configuration, **of(made), Layers=list(layers))
    bad("two_layer_versions_single_function_exc", f"{arn}:1", f"{arn}:2")
    bad("three_layer_versions_single_function_exc", f"{arn}:1", f"{arn}:2", f"{arn}:3")
    bad("two_identical_layer_versions_single_function_exc", f"{arn}:1", f"{arn}:1")
    bad("add_nonexistent_layer_exc", f"{arn.replace(name, 'doesnotexist')}:1")
    bad("add_nonexistent_layer_version_exc", f"{arn}:9")
    bad("add_layer_arn_without_version_exc", arn)
    other = arn.replace(aws.region, "us-west-2")
    answers["create_function_with_layer_in_different_region"] = aws.refused(make, aws, Layers=[f"{other}:1"])
    return answers


@case("test_lambda_api.py::TestLambdaLayer::test_layer_lifecycle")
def layers(aws):
    client, made = make(aws)
    name = of(made)
    layer = {"LayerName": aws.name("layer")}
    again = {**layer, "Content": {"ZipFile": archive("x = 1\n")}, "CompatibleRuntimes": ["python3.12"], "CompatibleArchitectures": ["x86_64"],
             "Description": "description", "LicenseInfo": "license"}
    answers = {"get_fn_result": client.get_function(**name), "get_fn_config_result": client.get_function_configuration(**name),
               "publish_result": client.publish_layer_version(**again), "publish_result_2": client.publish_layer_version(**again)}
    arn = answers["publish_result"]["LayerVersionArn"]
    answers["update_fn_config"] = client.update_function_configuration(**name, Layers=[arn])
    answers["get_fn_config"] = client.get_function_configuration(**name)
    answers["get_layer_ver_result"] = client.get_layer_version(**layer, VersionNumber=1)
    answers["get_layer_by_arn_version"] = client.get_layer_version_by_arn(Arn=arn)
    answers["list_layer_versions_predelete"] = client.list_layer_versions(**layer)
    answers["delete_layer_1"] = client.delete_layer_version(**layer, VersionNumber=1)
    answers["get_fn_config_postdelete"] = client.get_function_configuration(**name)
    answers["delete_layer_2"] = client.delete_layer_version(**layer, VersionNumber=2)
    answers["list_layer_versions_postdelete"] = client.list_layer_versions(**layer)
    answers["publish_result_3"] = client.publish_layer_version(**again)
    aws.later(client.delete_layer_version, **layer, VersionNumber=3)
    return answers
