"""Function URLs as AWS answered them."""

import json
import urllib.error
import urllib.request

from recorded_lambda import case, make
from recorded_lambda_functions import of

URLS = "test_lambda.py::TestLambdaURL::test_"
WORDS = "exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write('Hello, '); stream.end('world!'); });\n"


def dateless(config):
    return {key: "date" if key.endswith("Time") else value for key, value in config.items()}


def allow(client, made, **more):
    return client.add_permission(**of(made), StatementId="urlPermission", Action="lambda:InvokeFunctionUrl", Principal="*",
                                 FunctionUrlAuthType="NONE", **more)


@case(URLS + "lambda_url_echo_invoke[None]", {})
@case(URLS + "lambda_url_echo_invoke[BUFFERED]", {"InvokeMode": "BUFFERED"})
@case(URLS + "lambda_url_echo_invoke[RESPONSE_STREAM]", {"InvokeMode": "RESPONSE_STREAM"})
def made(aws, mode):
    client, function = make(aws)
    return {"create_lambda_url_config": dateless(client.create_function_url_config(**of(function), AuthType="NONE", **mode)),
            "add_permission": allow(client, function)}


@case(URLS + "lambda_url_invocation_exception")
def exists(aws):
    client, function = make(aws)
    seen = client.get_function(**of(function))
    config = dateless(client.create_function_url_config(**of(function), AuthType="NONE"))
    return {"get_fn_result": seen, "create_lambda_url_config": {**config, "FunctionUrl": "function-url"}, "add_permission": allow(client, function)}


ECHO = """import json
def handler(event, context):
    http = event["requestContext"]["http"]
    return {"args": event["queryStringParameters"], "data": json.loads(event["body"]), "domain": event["requestContext"]["domainName"],
            "headers": {name: value for name, value in event["headers"].items() if not name.startswith("x-")}, "method": http["method"],
            "origin": http["sourceIp"], "path": http["path"]}
"""


@case(URLS + "lambda_url_echo_http_fixture_trim_x_headers")
def echoed(aws):
    client, function = make(aws, ECHO)
    url = client.create_function_url_config(**of(function), AuthType="NONE")["FunctionUrl"]
    allow(client, function)
    request = urllib.request.Request(url + "path/1?q=query", json.dumps({"foo": "bar"}).encode(), {
        "Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Content-Type": "application/json", "ExTrA-HeadErs": "With WeiRd CapS",
        "User-Agent": "test/echo", "X-TEST": "1", "Host": "abc.example.org"})
    with urllib.request.urlopen(request) as answer:
        return {"url_response": json.loads(answer.read())}


@case(URLS + "lambda_update_function_url_config")
def changed(aws):
    client, function = make(aws)
    name = of(function)

    def get():
        return dateless(client.get_function_url_config(**name))

    def change(**mode):
        return dateless(client.update_function_url_config(**name, AuthType="NONE", **mode))
    answers = {"create_lambda_url_config": dateless(client.create_function_url_config(**name, AuthType="NONE", InvokeMode="BUFFERED")),
               "get_url_config": get(), "modify_lambda_url_config": change(InvokeMode="RESPONSE_STREAM"), "get_url_config_2": get()}
    return {**answers, "modify_lambda_url_config_none": change(), "get_url_config_3": get()}


@case(URLS + "lambda_url_invalid_invoke_mode")
def unknown_mode(aws):
    client, function = make(aws)
    return {"invoke_function_invalid_invoke_type": aws.refused(client.create_function_url_config, **of(function), AuthType="NONE",
                                                               InvokeMode="UNKNOWN")}


@case(URLS + "function_url_with_response_streaming")
def streamed(aws):
    client, function = make(aws, WORDS, "handler.js", Runtime="nodejs20.x")
    url = client.create_function_url_config(**of(function), AuthType="NONE", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    allow(client, function)
    with urllib.request.urlopen(url) as answer:
        return {"response_status": answer.status, "response_data": answer.read().decode()}


@case(URLS + "lambda_url_persists_after_alias_delete")
def alias_gone(aws):
    client, function = make(aws)
    alias = of(function, Name="alias")
    client.publish_version(**of(function))
    client.create_alias(**alias, FunctionVersion="1")
    config = client.create_function_url_config(**of(function), Qualifier="alias", AuthType="NONE", InvokeMode="BUFFERED")
    allow(client, function, Qualifier="alias")
    with urllib.request.urlopen(config["FunctionUrl"]) as answer:
        called = {"status_code": answer.status}
    gone = client.delete_alias(**alias)
    try:
        urllib.request.urlopen(config["FunctionUrl"])
    except urllib.error.HTTPError as error:
        later = {"content": json.loads(error.read()), "headers": {"x-amzn-ErrorType": error.headers["x-amzn-ErrorType"]},
                 "status_code": error.code}
    return {"create_lambda_url_config": dateless(config), "invoke_aliased_url_response": called, "delete_alias_resp": gone,
            "invoke_deleted_alias_url_response_delayed": later}
