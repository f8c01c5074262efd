"""Lambda as AWS answered it."""

import datetime
import functools
import io
import json
import re
import urllib.error
import urllib.request
import zipfile

import recorded

def dated(value):
    """The recordings write some times as the word date, or datetime, and some digests as the word code-sha256."""
    if isinstance(value, list):
        return [dated(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {key: ("datetime" if isinstance(member, datetime.datetime) else
                  "date" if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", str(member)) else member)
            if key in ("LastModified", "CreatedDate") else dated(member) for key, member in value.items()}


def hashed(value):
    if isinstance(value, list):
        return [hashed(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {key: "code-sha256" if key == "CodeSha256" else hashed(member) for key, member in value.items()}


def case(name, *arguments):
    def register(function):
        @functools.wraps(function)
        def run(*given):
            answers = dated(function(*given))
            return hashed(answers) if name.startswith("test_lambda.py") else answers
        recorded.case(name, *arguments)(run)
        return function
    return register


TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ECHO = "def handler(event, context):\n    return event\n"


def archive(text, name="handler.py"):
    """Of one file, or of {name: text}; what bears no ending can be run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for file, content in (text if isinstance(text, dict) else {name: text}).items():
            entry = zipfile.ZipInfo(file, datetime.datetime.now().timetuple()[:6])
            entry.external_attr = (0o100644 if "." in file else 0o100755) << 16
            made.writestr(entry, content)
    return out.getvalue()


def make(aws, code=ECHO, file="handler.py", name=None, **settings):
    iam, client, role = aws.client("iam"), aws.client("lambda"), aws.name("role")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    aws.later(iam.delete_role, RoleName=role)
    chosen = {"Runtime": "python3.12", "Handler": "handler.handler", "Timeout": 30, "Environment": {"Variables": {}}, **settings}
    made = client.create_function(FunctionName=name or aws.name("function"), Role=arn, Code={"ZipFile": archive(code, file)},
                                  **{key: value for key, value in chosen.items() if value is not None})
    aws.later(client.delete_function, FunctionName=made["FunctionName"])
    return client, made


def arn_of(aws, name):
    return f"arn:aws:lambda:{aws.region}:{aws.account}:function:{name}"


@case("test_lambda.py::TestLambdaFeatures::test_invoke_exceptions")
def no_such_function(aws):
    return {"invoke_function_doesnotexist": aws.refused(aws.client("lambda").invoke, FunctionName="doesnotexist", Payload=b"{}")}


@case("test_lambda.py::TestLambdaErrors::test_lambda_runtime_exit")
def exits(aws):
    client, made = make(aws, "import sys\ndef handler(event, context):\n    sys.exit(0)\n")
    return {"invocation_error": client.invoke(FunctionName=made["FunctionName"], Payload=b"{}")}


@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_dry_run[python3.9]", "python3.9")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_dry_run[python3.10]", "python3.10")
def dry_run(aws, runtime):
    client, made = make(aws, Runtime=runtime)
    return {"invoke-result": client.invoke(FunctionName=made["FunctionName"], InvocationType="DryRun", Payload=b"{}")}


@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_event[python3.9]", "python3.9")
@case("test_lambda.py::TestLambdaFeatures::test_invocation_type_event[python3.10]", "python3.10")
def event(aws, runtime):
    client, made = make(aws, Runtime=runtime)
    return {"invoke-result": client.invoke(FunctionName=made["FunctionName"], InvocationType="Event", Payload=b"{}")}


@case("test_lambda.py::TestLambdaBaseFeatures::test_lambda_too_large_response")
def too_large(aws):
    client, made = make(aws, "def handler(event, context):\n    return 'x' * 6291560\n")
    call = {"FunctionName": made["FunctionName"], "Payload": b"{}"}
    return {"invoke_result": client.invoke(**call), "invoke_result_2": client.invoke(**call)}


@case("test_lambda.py::TestLambdaConcurrency::test_lambda_concurrency_crud")
def concurrency_by_function(aws):
    client, made = make(aws)
    name = {"FunctionName": made["FunctionName"]}
    answers = {"get_function_concurrency_default": client.get_function_concurrency(**name),
               "put_function_concurrency": client.put_function_concurrency(**name, ReservedConcurrentExecutions=0),
               "get_function_concurrency_updated": client.get_function_concurrency(**name)}
    client.delete_function_concurrency(**name)
    return {**answers, "get_function_concurrency_deleted": client.get_function_concurrency(**name)}


@case("test_lambda_api.py::TestLambdaReservedConcurrency::test_function_concurrency")
def concurrency(aws):
    client, made = make(aws)
    name = {"FunctionName": made["FunctionName"]}
    return {"put_function_concurrency_with_reserved_0": client.put_function_concurrency(**name, ReservedConcurrentExecutions=0),
            "put_function_concurrency_with_reserved_1": client.put_function_concurrency(**name, ReservedConcurrentExecutions=1),
            "get_function_concurrency": client.get_function_concurrency(**name),
            "delete_response": client.delete_function_concurrency(**name),
            "get_function_concurrency_after_delete": client.get_function_concurrency(**name)}


@case("test_lambda.py::TestLambdaPermissions::test_lambda_permission_url_invocation")
def url_without_permission(aws):
    client, made = make(aws)
    url = client.create_function_url_config(FunctionName=made["FunctionName"], AuthType="NONE")["FunctionUrl"]
    try:
        urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        return {"lambda_url_invocation_missing_permission": json.loads(error.read())}
    raise AssertionError("it was let in")


@case("test_lambda_api.py::TestLambdaFunction::test_ops_with_arn_qualifier_mismatch[delete_function]", "delete_function")
def two_qualifiers(aws, operation):
    call = getattr(aws.client("lambda"), operation)
    arn = arn_of(aws, "some-function")
    return {"not_match_exception": aws.refused(call, FunctionName=f"{arn}:1", Qualifier="$LATEST"),
            "match_exception": aws.refused(call, FunctionName=f"{arn}:$LATEST", Qualifier="$LATEST")}


@case("test_lambda_api.py::TestLambdaFunction::test_ops_on_nonexisting_version[get_function]", "get_function")
@case("test_lambda_api.py::TestLambdaFunction::test_ops_on_nonexisting_version[get_function_configuration]", "get_function_configuration")
@case("test_lambda_api.py::TestLambdaFunction::test_ops_on_nonexisting_version[get_function_event_invoke_config]",
      "get_function_event_invoke_config")
def no_such_version(aws, operation):
    client, made = make(aws)
    return {"version_not_found_exception": aws.refused(getattr(client, operation), FunctionName=made["FunctionName"], Qualifier="1221")}


@case("test_lambda_api.py::TestLambdaVersions::test_publish_with_wrong_sha256")
def wrong_digest(aws):
    client, made = make(aws, Handler="index.handler", Timeout=None, Environment=None)
    name = {"FunctionName": made["FunctionName"]}
    return {"create_response": made, "get_fn_response": client.get_function(**name),
            "publish_wrong_sha256_exc": aws.refused(client.publish_version, **name, CodeSha256="somenonexistentsha256"),
            "publish_result": client.publish_version(**name, CodeSha256=made["CodeSha256"])}


@case("test_lambda_api.py::TestLambdaTag::test_tag_exceptions[lambda_function]")
def no_tags_there(aws):
    client, arn = aws.client("lambda"), arn_of(aws, "doesnotexist")
    return {"not_found_exception_tag": aws.refused(client.tag_resource, Resource=arn, Tags={"k": "v"}),
            "not_found_exception_untag": aws.refused(client.untag_resource, Resource=arn, TagKeys=["k"]),
            "not_found_exception_list": aws.refused(client.list_tags, Resource=arn),
            "aliased_arn_exception": aws.refused(client.tag_resource, Resource=f"{arn}:alias", Tags={"k": "v"}),
            "invalid_arn_exception": aws.refused(client.tag_resource, Resource=arn.replace(":function:", ":foobar:"), Tags={"k": "v"})}


@case("test_lambda_api.py::TestLambdaTag::test_tag_nonexisting_resource")
def tags_of_what_is_gone(aws):
    client, made = make(aws)
    before = client.get_function(FunctionName=made["FunctionName"])
    client.delete_function(FunctionName=made["FunctionName"])
    arn = made["FunctionArn"]
    return {"pre_delete_get_function": before, "not_found_exception_tag": aws.refused(client.tag_resource, Resource=arn, Tags={"k": "v"}),
            "not_found_exception_untag": aws.refused(client.untag_resource, Resource=arn, TagKeys=["k"]),
            "not_found_exception_list": aws.refused(client.list_tags, Resource=arn)}


@case("test_lambda_api.py::TestLambdaPermissions::test_create_multiple_lambda_permissions")
def permissions_in_order(aws):
    client, made = make(aws)
    name = {"FunctionName": made["FunctionName"]}

    def add(word):
        return client.add_permission(**name, StatementId=word, Action="lambda:InvokeFunction", Principal=f"{word}.amazonaws.com")
    return {"add_permission_response_1": add("logs"), "add_permission_response_2": add("kinesis"), "policy_after_2_add": client.get_policy(**name)}


@case("test_lambda_api.py::TestLambdaLayer::test_layer_policy_lifecycle")
def layer_policy(aws):
    client, layer = aws.client("lambda"), aws.name("layer")
    made = client.publish_layer_version(LayerName=layer, Content={"ZipFile": archive(ECHO)}, CompatibleRuntimes=["python3.12"],
                                        CompatibleArchitectures=["x86_64"])
    of = {"LayerName": layer, "VersionNumber": 1}
    aws.later(client.delete_layer_version, **of)

    def add(sid, **more):
        return client.add_layer_version_permission(**of, StatementId=sid, Action="lambda:GetLayerVersion", Principal="*", **more)
    first = add("s1")
    seen = client.get_layer_version_policy(**of)
    second = add("s2", RevisionId=first["RevisionId"])
    both = client.get_layer_version_policy(**of)
    removed = client.remove_layer_version_permission(**of, StatementId="s2")
    return {"publish_result": made, "add_policy_s1": first, "get_layer_version_policy": seen, "add_policy_s2": second,
            "get_layer_version_policy_postadd2": both, "remove_s2": removed,
            "get_layer_version_policy_postdeletes2": client.get_layer_version_policy(**of)}


@case("test_lambda_api.py::TestLambdaAlias::test_non_existent_alias_deletion")
def alias_that_is_not_there(aws):
    client, made = make(aws, Handler="index.handler", Timeout=None, Environment={"Variables": {"testenv": "staging"}})
    return {"create_response": made, "delete_alias_response": client.delete_alias(FunctionName=made["FunctionName"], Name="non-existent")}


@case("test_lambda_api.py::TestLambdaEventInvokeConfig::test_lambda_eventinvokeconfig_lifecycle")
def event_config(aws):
    client, made = make(aws)
    of = {"FunctionName": made["FunctionName"]}
    answers = {"put_invokeconfig_retries_0": client.put_function_event_invoke_config(**of, MaximumRetryAttempts=0),
               "put_invokeconfig_eventage_60": client.put_function_event_invoke_config(**of, MaximumEventAgeInSeconds=60),
               "update_invokeconfig_eventage_nochange": client.update_function_event_invoke_config(**of, MaximumEventAgeInSeconds=60),
               "update_invokeconfig_retries": client.update_function_event_invoke_config(**of, MaximumRetryAttempts=1),
               "get_invokeconfig": client.get_function_event_invoke_config(**of),
               "get_invokeconfig_latest": client.get_function_event_invoke_config(**of, Qualifier="$LATEST"),
               "list_single_invokeconfig": client.list_function_event_invoke_configs(**of),
               "publish_version_result": client.publish_version(**of)}
    one = {**of, "Qualifier": "1"}
    answers["get_invokeconfig_postpublish"] = aws.refused(client.get_function_event_invoke_config, **one)
    answers["put_published_invokeconfig"] = client.put_function_event_invoke_config(**one, MaximumEventAgeInSeconds=120)
    answers["get_published_invokeconfig"] = client.get_function_event_invoke_config(**one)
    client.delete_function_event_invoke_config(**of)
    return {**answers, "list_paging_nolimit_postdelete": client.list_function_event_invoke_configs(**of)}


@case("test_lambda_api.py::TestLambdaFunction::test_lambda_code_location_s3_errors")
def code_that_is_not_in_s3(aws):
    s3, bucket = aws.client("s3"), aws.name("bucket")
    s3.create_bucket(Bucket=bucket)
    aws.later(s3.delete_bucket, Bucket=bucket)
    client, made = make(aws)
    wrong = {"S3Bucket": aws.name("gone"), "S3Key": "code.zip"}, {"S3Bucket": bucket, "S3Key": "non-existing.zip"}

    def create(source):
        return aws.refused(client.create_function, FunctionName=aws.name("function"), Runtime="python3.12", Handler="handler.handler",
                           Role=made["Role"], Code=source)

    def update(source):
        return aws.refused(client.update_function_code, FunctionName=made["FunctionName"], **source)
    return {"create-error-wrong-bucket": create(wrong[0]), "create-error-wrong-key": create(wrong[1]),
            "update-error-wrong-bucket": update(wrong[0]), "update-error-wrong-key": update(wrong[1])}
