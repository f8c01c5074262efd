"""Runs Python functions for Yagura: takes events from the Runtime API and hands them to the handler.

A runtime interface client of our own, with the standard library alone. Whoever prefers the official one (awslambdaric) runs
it under provided.al2023."""
import json
import os
import socket
import sys
import time
import types

API_HOST, _, API_PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
BASE = "/2018-06-01/runtime/"
TOKEN = os.environ.pop("YAGURA_RUNTIME_TOKEN", "")
TASK_ROOT = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")


class RuntimeApi:
    """One connection, kept: HTTP/1.1 with lengths, which is all that the server speaks."""

    def __init__(self):
        self.socket = self.file = None

    def call(self, method, path, body=b"", headers=()):
        head = [f"{method} {BASE}{path} HTTP/1.1", f"Host: {API_HOST}:{API_PORT}", f"Content-Length: {len(body)}", f"Yagura-Token: {TOKEN}", *headers]
        message = "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body
        if self.socket is None:
            self.socket = socket.create_connection((API_HOST, int(API_PORT)))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.file = self.socket.makefile("rb")
        self.socket.sendall(message)
        return self.answer()

    def answer(self):
        status = self.file.readline()
        if not status:
            os._exit(0)
        fields = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        body = self.file.read(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            self.socket.close()
            self.socket = None
        return int(status.split()[1]), fields, body


class Identity:
    def __init__(self, value):
        self.cognito_identity_id = value.get("cognitoIdentityId")
        self.cognito_identity_pool_id = value.get("cognitoIdentityPoolId")


class ClientContext:
    def __init__(self, value):
        self.custom, self.env = value.get("custom"), value.get("env")
        client = value.get("client")
        self.client = client and types.SimpleNamespace(
            installation_id=client.get("installation_id"), app_title=client.get("app_title"),
            app_version_name=client.get("app_version_name"), app_version_code=client.get("app_version_code"),
            app_package_name=client.get("app_package_name"))


class LambdaContext:
    def __init__(self, fields):
        self.aws_request_id = fields["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = fields.get("lambda-runtime-invoked-function-arn")
        self.deadline_ms = int(fields.get("lambda-runtime-deadline-ms", "0"))
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.identity = Identity(json.loads(fields.get("lambda-runtime-cognito-identity", "{}")))
        context = fields.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(context)) if context else None

    def get_remaining_time_in_millis(self):
        return max(0, self.deadline_ms - int(time.time() * 1000))


class Fault(Exception):
    """What is wrong with the function rather than within it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


def make_error(kind, message, trace, request_id=""):
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def trace_of(error, skip):
    import traceback
    return traceback.format_list(traceback.extract_tb(error.__traceback__)[skip:])


def find_handler(text):
    import importlib
    module_name, dot, function_name = text.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{text}': not enough values to unpack (expected 2, got 1)")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        line = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}", [line]) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'") from None


def load():
    """The handler, or the error that kept it from coming."""
    try:
        return find_handler(os.environ["_HANDLER"]), None
    except Fault as fault:
        return None, make_error(fault.kind, str(fault), fault.trace)
    except Exception as error:  # the module's own code failed
        return None, make_error(type(error).__name__, str(error), trace_of(error, 2))


def print_error(error, request_id=""):
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(line.rstrip("\n") for line in error["stackTrace"])]
    print("\n".join(lines), flush=True)


def respond(api, request_id, kind, body, headers=()):
    api.call("POST", f"invocation/{request_id}/{kind}", body, ("Content-Type: application/json", *headers))


def run_one(api, handler, fields, body):
    context = LambdaContext(fields)
    request_id = context.aws_request_id
    try:
        event = json.loads(body)
    except ValueError as error:
        failure = make_error("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}", [], request_id)
        return failure, None
    try:
        result = handler(event, context)
    except Exception as error:
        return make_error(type(error).__name__, str(error), trace_of(error, 1), request_id), None
    try:
        return None, json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except (TypeError, ValueError) as error:
        return make_error("Runtime.MarshalError", f"Unable to marshal response: {error}", [], request_id), None


def configure_logging():
    """Lambda prepares the root logger: functions only set its level."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record):
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            text = f"[{record.levelname}]\t{stamp}.{int(record.msecs):03d}Z\t{Handler.request_id}\t{record.getMessage()}"
            if record.exc_info:
                text += "\n" + logging.Formatter().formatException(record.exc_info)
            print(text, flush=True)
    Handler.request_id = ""
    logging.getLogger().addHandler(Handler())
    return Handler


class LazyLogging:
    """logging costs a cold start 10 ms: it is prepared once the function has imported it."""
    handler = None

    @classmethod
    def note(cls, request_id):
        if cls.handler is None and "logging" in sys.modules:
            cls.handler = configure_logging()
        if cls.handler:
            cls.handler.request_id = request_id


def main():
    sys.path[0:1] = [TASK_ROOT, *(path for path in os.environ.get("YAGURA_LAYER_PATHS", "").split(":") if path)]
    sys.stdout.reconfigure(line_buffering=True)
    del os.environ["YAGURA_LAYER_PATHS"]
    api = RuntimeApi()
    handler, broken = load()
    LazyLogging.note("")
    if broken:
        print_error(broken)
        api.call("POST", "init/error", json.dumps(broken).encode(), (f"Lambda-Runtime-Function-Error-Type: {broken['errorType']}",))
        sys.exit(1)
    while True:
        _, fields, body = api.call("GET", "invocation/next")
        request_id = fields["lambda-runtime-aws-request-id"]
        if trace := fields.get("lambda-runtime-trace-id"):
            os.environ["_X_AMZN_TRACE_ID"] = trace
        LazyLogging.note(request_id)
        error, result = run_one(api, handler, fields, body)
        if error:
            print_error(error, request_id)
            respond(api, request_id, "error", json.dumps(error, ensure_ascii=False).encode("utf-8", "surrogatepass"),
                    (f"Lambda-Runtime-Function-Error-Type: {error['errorType']}",))
        else:
            respond(api, request_id, "response", result)


main()
