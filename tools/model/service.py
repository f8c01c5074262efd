"""One service: the botocore model joined with the folder's ops.tsv."""

import gzip
import json
import pathlib

import botocore


class Mistake(Exception):
    """Something in ops.tsv that the model does not bear out; ends the build with its text."""


def load_model(folder):
    """The newest botocore model whose folder is ours without its hyphens."""
    data = pathlib.Path(botocore.__file__).parent / "data"
    found = [d for d in sorted(data.iterdir()) if d.is_dir() and d.name.replace("-", "") == folder]
    if len(found) != 1:
        raise Mistake(f"src/svc/{folder}: botocore has no service of that name")
    version = max(d.name for d in found[0].iterdir() if d.is_dir())
    base = found[0] / version
    plain = base / "service-2.json"
    text = plain.read_bytes() if plain.exists() else gzip.decompress((base / "service-2.json.gz").read_bytes())
    return json.loads(text)


def read_rows(path):
    """The rows of an ops.tsv by operation name, and its directives."""
    rows, directives = {}, {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if words[0].startswith("!"):
            directives[words[0][1:]] = words[1:]
            continue
        if len(words) not in (4, 5):
            raise Mistake(f"{path}:{number}: expected operation, access, resource, audit and perhaps an action")
        if words[1] not in ("read", "write"):
            raise Mistake(f"{path}:{number}: access is read or write, not {words[1]}")
        if words[3] not in ("management", "data", "none"):
            raise Mistake(f"{path}:{number}: audit is management, data or none, not {words[3]}")
        if words[0] in rows:
            raise Mistake(f"{path}:{number}: {words[0]} stands there twice")
        rows[words[0]] = words[1:]
    return rows, directives


# Root elements of S3's answers, which its model leaves out: every output but those that are named after their shape.
S3_ROOTS = {
    "ListBucketsOutput": "ListAllMyBucketsResult", "ListObjectsOutput": "ListBucketResult", "ListObjectsV2Output": "ListBucketResult",
    "ListObjectVersionsOutput": "ListVersionsResult", "ListMultipartUploadsOutput": "ListMultipartUploadsResult",
    "ListPartsOutput": "ListPartsResult", "CreateMultipartUploadOutput": "InitiateMultipartUploadResult",
    "CompleteMultipartUploadOutput": "CompleteMultipartUploadResult", "DeleteObjectsOutput": "DeleteResult",
    "GetBucketAclOutput": "AccessControlPolicy", "GetObjectAclOutput": "AccessControlPolicy", "GetBucketCorsOutput": "CORSConfiguration",
    "GetBucketLifecycleOutput": "LifecycleConfiguration", "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration",
    "GetBucketLocationOutput": "LocationConstraint", "GetBucketLoggingOutput": "BucketLoggingStatus",
    "GetBucketRequestPaymentOutput": "RequestPaymentConfiguration", "GetBucketTaggingOutput": "Tagging",
    "GetObjectTaggingOutput": "Tagging", "GetBucketVersioningOutput": "VersioningConfiguration",
    "GetBucketWebsiteOutput": "WebsiteConfiguration", "GetBucketAccelerateConfigurationOutput": "AccelerateConfiguration",
    "GetObjectAttributesOutput": "GetObjectAttributesResponse",
    "ListBucketAnalyticsConfigurationsOutput": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurationsOutput": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurationsOutput": "ListMetricsConfigurationsResult",
    "ListDirectoryBucketsOutput": "ListAllMyDirectoryBucketsResult", "CreateSessionOutput": "CreateSessionResult",
}


S3_NAMESPACE = {"uri": "http://s3.amazonaws.com/doc/2006-03-01/"}


def correct(folder, shapes, operations):
    """Where a model says less than its service does."""
    if folder == "lambda":
        shapes["AnyRuntime"] = {"type": "string"}  # refused in other words than a broken constraint's
        for name in ("CreateFunctionRequest", "UpdateFunctionConfigurationRequest"):
            shapes[name]["members"]["Runtime"] = {"shape": "AnyRuntime"}
        shapes["InvokeMode"]["enum"] = ["RESPONSE_STREAM", "BUFFERED"]  # in the order that refusals show
        shapes["LastUpdateStatusReasonCode"]["enum"].append("Creating")  # of every update, as AWS answers
    if folder == "s3":
        shapes["ObjectVersionStorageClass"].pop("enum", None)  # lists versions of every storage class
        for name, root in S3_ROOTS.items():
            if name in shapes:
                shapes[name]["locationName"] = root
        for operation in operations.values():
            output = shapes.get(operation.get("output", {}).get("shape"), {})
            output["xmlNamespace"] = S3_NAMESPACE
            if output.get("payload"):
                output["members"][output["payload"]].setdefault("xmlNamespace", S3_NAMESPACE)


class Service:
    def __init__(self, folder, model, rows, directives):
        self.folder = folder
        self.model = model
        self.rows = rows
        self.metadata = model["metadata"]
        self.shapes = model["shapes"]
        self.operations = model["operations"]
        correct(folder, self.shapes, self.operations)
        for name in rows:
            if name not in self.operations:
                raise Mistake(f"src/svc/{folder}/ops.tsv: {name} is not an operation of the model")
        unknown = set(directives) - {"validation"}
        if unknown:
            raise Mistake(f"src/svc/{folder}/ops.tsv: unknown directive !{min(unknown)}")
        if "validation" in directives and len(directives["validation"]) != 1:
            raise Mistake(f"src/svc/{folder}/ops.tsv: !validation takes one fault")
        self.validation = directives.get("validation", [None])[0]

    @property
    def signing_name(self):
        return self.metadata.get("signingName") or self.metadata["endpointPrefix"]


def load(folder_path):
    rows, directives = read_rows(folder_path / "ops.tsv")
    if "validation" not in directives:
        raise Mistake(f"{folder_path}/ops.tsv: names no !validation fault")
    return Service(folder_path.name, load_model(folder_path.name), rows, directives)
