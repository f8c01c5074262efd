"""Every operation of the services that we answer: what botocore sends, our codecs read as it was meant."""

import base64
import io
import pathlib
import random
from urllib.parse import urlsplit

import botocore.exceptions
import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import pytest
from botocore.awsrequest import HeadersDict

import plain
import protocols
import samples

# Older names of other operations, at the same routes; and one whose answer keeps a list and a text in elements of one name.
ALIASES = {"GetBucketLifecycle", "GetBucketNotification", "ListDirectoryBuckets", "PutBucketLifecycle", "PutBucketNotification"}
ANY_TEXT = {"Expires"}  # modelled as a time; S3 keeps whatever it was given
SERVICES = sorted(path.parent.name for path in pathlib.Path("src/svc").glob("*/ops.tsv"))
ROUNDS = 3


@pytest.fixture(scope="module")
def driver():
    return protocols.make("services")


def load(name):
    loader = botocore.loaders.Loader()
    found = next(n for n in loader.list_available_services("service-2") if n.replace("-", "") == name)
    return botocore.model.ServiceModel(loader.load_service_model(found, "service-2"), found)


def sent(service, operation, params):
    """The request that botocore would send, for the driver."""
    serializer = botocore.serialize.create_serializer(service.metadata["protocol"], include_validation=False)
    request = serializer.serialize_to_request(params, operation)
    body = request["body"]
    if isinstance(body, dict):
        body = botocore.compat.urlencode(body, doseq=True)
    raw = body if isinstance(body, bytes) else (body or "").encode()
    url = urlsplit(request["url_path"])
    query = request.get("query_string") or ""
    if isinstance(query, dict):
        query = botocore.utils.percent_encode_sequence(query)
    return {"method": request["method"], "path": url.path, "query": "&".join(q for q in (url.query, query) if q),
            "headers": [[name, value] for name, value in request["headers"].items()], "body": base64.b64encode(raw).decode()}


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_decodes_what_botocore_sends(driver, name):
    service = load(name)
    run, failures = 0, []
    for operation in map(service.operation_model, set(service.operation_names) - ALIASES):
        for seed in range(ROUNDS):
            try:
                params = {key: one for key, one in samples.of(operation, seed).items() if key not in ANY_TEXT}
                request = sent(service, operation, params)
            except (samples.Impossible, botocore.exceptions.ParamValidationError):  # a made-up text is no part of a host's name
                continue
            run += 1
            answer = driver.ask(do="decode", service=name, **request)
            if answer.get("operation") != operation.name:
                failures.append(f"{operation.name} {params}: {base64.b64decode(answer.get('body', ''))}")
            elif operation.input_shape and not plain.same(operation.input_shape,
                                                          plain.of(operation.input_shape, params), answer["value"]):
                failures.append(f"{operation.name} {params}: {answer['value']}")
    assert not failures, "\n".join(failures)
    assert run >= len(service.operation_names) * ROUNDS // 2


def received(driver, service, name, operation, value):
    """What botocore makes of our answer, as plain values."""
    shape = operation.output_shape
    answer = driver.ask(do="encode", service=name, operation=operation.name, value=value)
    body = base64.b64decode(answer["body"])
    response = {"status_code": answer["status"], "headers": HeadersDict(dict(answer["headers"])),
                "body": io.BytesIO(body) if operation.has_streaming_output else body, "context": {}}
    parsed = botocore.parsers.create_parser(service.metadata["protocol"]).parse(response, shape)
    parsed.pop("ResponseMetadata", None)
    parsed = {key: part.read() if isinstance(part, io.BytesIO) else part for key, part in parsed.items()}
    return plain.of(shape, parsed)


@pytest.mark.parametrize("name", SERVICES)
def test_botocore_reads_every_answer_as_meant(driver, name):
    service = load(name)
    run, failures = 0, []
    for operation in map(service.operation_model, service.operation_names):
        foreign = operation.has_event_stream_output or operation.name in ALIASES
        shape = None if foreign else operation.output_shape
        for seed in range(ROUNDS if shape else 0):
            try:
                made = samples.value(shape, random.Random(f"{operation.name} {seed}"))
                value = plain.of(shape, {key: one for key, one in made.items() if key not in ANY_TEXT})
            except samples.Impossible:
                continue
            run += 1
            got = received(driver, service, name, operation, value)
            if not plain.same(shape, value, got):
                failures.append(f"{operation.name} {value}: {got}")
    assert not failures, "\n".join(failures)
    assert run >= len(service.operation_names)
