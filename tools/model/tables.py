"""A service's shapes, faults and operations as constant C tables (wire/model.h)."""

from . import keys, names
from .structs import INTEGERS, Types

KINDS = {"string": "STRING", "blob": "BLOB", "document": "DOCUMENT", "boolean": "BOOLEAN", "byte": "INTEGER",
         "short": "INTEGER", "integer": "INTEGER", "long": "LONG", "biginteger": "LONG", "float": "DOUBLE",
         "double": "DOUBLE", "bigdecimal": "DOUBLE", "timestamp": "TIMESTAMP", "list": "LIST", "map": "MAP",
         "structure": "STRUCTURE"}
LOCATIONS = {None: "IN_BODY", "header": "IN_HEADER", "headers": "IN_HEADERS", "uri": "IN_URI", "querystring": "IN_QUERY",
             "statusCode": "IN_STATUS"}
TIMES = {None: None, "unixTimestamp": "TIME_UNIX", "iso8601": "TIME_ISO8601", "rfc822": "TIME_RFC7231"}
PROTOCOLS = {"json": "JSON", "rest-json": "REST_JSON", "query": "QUERY", "ec2": "EC2", "rest-xml": "REST_XML",
             "smithy-rpc-v2-cbor": "CBOR"}


def row(fields):
    """A designated initialiser without the members that would be zero anyway."""
    return "{ " + ", ".join(f".{key} = {value}" for key, value in fields.items() if value not in (None, False)) + " }"


def truth(value):
    return "true" if value else None


def namespace(part):
    found = part.get("xmlNamespace")
    if not found:
        return None
    if isinstance(found, str):
        return found
    return f"{found['prefix']}={found['uri']}" if found.get("prefix") else found["uri"]


# Patterns that AWS itself does not hold to: GuardDuty's of an instance's ARN has no room for "ec2" and "i-", and its
# operations on tags take the ARNs of malware protection plans as well (Terraform asks for those).
UNMET = {
    "",
    r"arn:(aws|aws-cn|aws-us-gov):[a-z]+:[a-z]+(-[0-9]+|-[a-z]+)+:([0-9]{12}):[a-z\-]+\/[a-zA-Z0-9]*",
    r"arn:[A-Za-z_.-]{1,20}:guardduty:[A-Za-z0-9_/.-]{0,63}:\d+:detector/[A-Za-z0-9_/.-]{32,264}",
}

# Least lengths likewise: IAM gives an MD5 fingerprint of 47 characters.
UNMET_LEAST = {"publicKeyFingerprintType"}
# Shapes of whose length AWS has words of its own. spec: recorded refusals of CloudWatch Logs.
TOO_LONG = dict.fromkeys([("logs", "LogGroupName"), ("logs", "LogStreamName")],
                         "Invalid LogGroup or LogStream, both must have length less than or equal to 512.")


def told_order(values):
    """As AWS lists them in a refusal: those of a hash table of 32 places by Java's hash, the last one of a place first.
    spec: recorded refusals of CloudWatch, CloudWatch Logs, KMS, Lambda and EventBridge."""
    def place(value):
        total = 0
        for character in value:
            total = total * 31 + ord(character)
        return total % 32
    return sorted(reversed(values), key=place)


# Shapes whose values or pattern AWS does not hold to: the policy simulator says "IAM Policy" and "Resource Policy", and
# names with wildcards exclude inline policies.
UNMET_SHAPES = {("iam", "PolicySourceType"), ("iam", "AttachmentName")}


# Root elements of S3's answers, which botocore doesn't keep; clients in other languages look at them. Their namespace too.
S3_SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
S3_ROOTS = {
    "CompleteMultipartUploadOutput": "CompleteMultipartUploadResult", "CreateMultipartUploadOutput": "InitiateMultipartUploadResult",
    "DeleteObjectsOutput": "DeleteResult", "GetBucketAccelerateConfigurationOutput": "AccelerateConfiguration",
    "GetBucketAclOutput": "AccessControlPolicy", "GetBucketCorsOutput": "CORSConfiguration",
    "GetBucketLifecycleConfigurationOutput": "LifecycleConfiguration", "GetBucketLoggingOutput": "BucketLoggingStatus",
    "GetBucketNotificationConfigurationOutput": "NotificationConfiguration",
    "GetBucketRequestPaymentOutput": "RequestPaymentConfiguration", "GetBucketTaggingOutput": "Tagging",
    "GetBucketVersioningOutput": "VersioningConfiguration", "GetBucketWebsiteOutput": "WebsiteConfiguration",
    "GetObjectAclOutput": "AccessControlPolicy", "GetObjectAttributesOutput": "GetObjectAttributesResponse",
    "GetObjectTaggingOutput": "Tagging", "ListBucketAnalyticsConfigurationsOutput": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurationsOutput": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurationsOutput": "ListMetricsConfigurationsResult", "ListBucketsOutput": "ListAllMyBucketsResult",
    "ListMultipartUploadsOutput": "ListMultipartUploadsResult", "ListObjectVersionsOutput": "ListVersionsResult",
    "ListObjectsOutput": "ListBucketResult", "ListObjectsV2Output": "ListBucketResult", "ListPartsOutput": "ListPartsResult",
}


class Tables:
    def __init__(self, service):
        self.service = service
        self.types = Types(service)
        self.upper = service.folder.upper()
        self.index = {key: number for number, key in enumerate(self.types.keys)}
        self.members, self.enums, self.faults = [], [], {}
        self.fault_names = names.Unique()
        self.keys = keys.of_service(service)
        for name, shape in sorted(service.shapes.items()):
            if shape.get("exception"):
                self.faults[name] = self.fault(name, shape)

    def fault(self, name, shape):
        error = shape.get("error", {})
        said = [m.get("locationName", n) for n, m in shape.get("members", {}).items() if n.lower() == "message"]
        status = error.get("httpStatusCode") or (500 if shape.get("fault") else 400)
        fields = (error.get("code") or name, name, said[0] if said else None, status)
        return self.fault_names.take(f"{self.upper}_{names.snake(name).upper()}"), fields

    def validation(self):
        """The name of the fault for broken constraints; one of our own making when the model has none of that name."""
        wanted = self.service.validation or "ValidationException"
        for name, (constant, fields) in self.faults.items():
            if wanted in (name, fields[0]):
                return constant
        constant = self.fault_names.take(f"{self.upper}_{names.snake(wanted).upper()}")
        self.faults[""] = (constant, (wanted, None, None, 400))
        return constant

    def shape_ref(self, name):
        return f"&{self.upper}_SHAPES[{self.index[name]}]"

    def member_row(self, name, wire_name, part, offset, required=False, payload=False):
        shape = self.types.shape(part["shape"])
        time = part.get("timestampFormat") or shape.get("timestampFormat")
        location = LOCATIONS[part.get("location")]
        return row({
            "name": names.quote(name), "wire_name": names.quote(wire_name) if wire_name is not None else None,
            "query_name": names.quote(part["queryName"]) if "queryName" in part else None,
            "media_type": names.quote(shape["mediaType"]) if payload and "mediaType" in shape else None,
            "xml_prefix": names.quote(namespace(part)) if namespace(part) else None,
            "shape": self.shape_ref(part["shape"]), "offset": offset,
            "location": location if location != "IN_BODY" else None, "time": TIMES[time],
            "required": truth(required), "flattened": truth(part.get("flattened")),
            "xml_attribute": truth(part.get("xmlAttribute")), "payload": truth(payload),
            "streaming": truth(part.get("streaming") or shape.get("streaming")),
            "json_value": truth(part.get("jsonvalue")), "host_label": truth(part.get("hostLabel")),
            "idempotency_token": truth(part.get("idempotencyToken")), "event_payload": truth(part.get("eventpayload")),
        })

    def add_members(self, key, kind, shape):
        """Appends the rows of a shape's members and returns how they are referred to, and their number."""
        tag = self.types.named.get(key)
        if kind == "list":
            part = shape["member"]
            rows = [self.member_row("member", part.get("locationName"), part, None)]
        elif kind == "map":
            rows = [self.member_row("key", shape["key"].get("locationName", "key"), shape["key"], None),
                    self.member_row("value", shape["value"].get("locationName", "value"), shape["value"],
                                    f"offsetof(struct {tag}_entry, value)")]
        elif kind == "structure":
            required = set(shape.get("required", []))
            if key[1] == "out":  # an answer has no path or query: such members travel in its body
                asked = ("uri", "querystring")
                fields = [(name, {k: v for k, v in part.items() if k != "location" or v not in asked}, c)
                          for name, part, c in self.types.fields(key)]
            else:
                fields = self.types.fields(key)
            rows = [self.member_row(name, part.get("locationName", name), part, f"offsetof(struct {tag}, {c})",
                                    name in required, name == shape.get("payload"))
                    for name, part, c in fields]
        else:
            rows = []
        first = len(self.members)
        self.members += rows
        return (f"&MEMBERS[{first}]" if rows else None), len(rows) or None

    def size(self, key, kind):
        if kind in ("structure", "list", "map"):
            return f"sizeof(struct {self.types.named[key]})"
        return f"sizeof({self.types.bare(key)})"

    def stride(self, key, kind, shape):
        if kind == "list":
            return f"sizeof({self.types.bare(shape['member']['shape'])})"
        return f"sizeof(struct {self.types.named[key]}_entry)" if kind == "map" else None

    def shape_row(self, key):
        shape, kind = self.types.shape(key), self.types.kind(key)
        members, count = self.add_members(key, kind, shape)
        values = None
        unmet = (self.service.folder, key) in UNMET_SHAPES
        if shape.get("enum") and not unmet:
            values = f"ENUM_{len(self.enums)}"
            self.enums.append(", ".join(names.quote(value) for value in told_order(shape["enum"])))
        part = {}
        name = key
        if not isinstance(key, str):
            part = self.service.operations[key[0]].get("input" if key[1] == "in" else "output") or {}
            name = part.get("shape", key[0] + ("Input" if key[1] == "in" else "Output"))
        bits = INTEGERS.get(shape["type"]) or (32 if shape["type"] == "float" else 64 if shape["type"] == "double" else None)
        spelled = part.get("locationName") or shape.get("locationName")
        space = namespace(part) or namespace(shape)
        if self.service.folder == "s3" and not isinstance(key, str) and key[1] == "out":
            spelled, space = S3_ROOTS.get(name, spelled), space or S3_SPACE
        return row({
            "name": names.quote(name), "kind": "SHAPE_" + KINDS[kind], "size": self.size(key, kind),
            "stride": self.stride(key, kind, shape), "members": members, "member_count": count, "bits": bits,
            "has_min": truth("min" in shape and key not in UNMET_LEAST), "has_max": truth("max" in shape),
            "is_union": truth(shape.get("union")),
            "sensitive": truth(shape.get("sensitive")), "flattened": truth(shape.get("flattened")),
            "sparse": truth(shape.get("sparse")), "wrapper": truth(shape.get("wrapper")),
            "min": repr(float(shape["min"])) if "min" in shape else None,
            "max": repr(float(shape["max"])) if "max" in shape else None,
            "pattern": names.quote(shape["pattern"]) if not unmet and shape.get("pattern", "") not in UNMET else None, "values": values,
            "too_long": names.quote(TOO_LONG[self.service.folder, key]) if (self.service.folder, key) in TOO_LONG else None,
            "xml_namespace": names.quote(space) if space else None,
            "xml_name": names.quote(spelled) if spelled else None, "time": TIMES[shape.get("timestampFormat")],
        })

    def operation_row(self, name):
        operation = self.service.operations[name]
        http = operation.get("http", {})
        listed = self.service.rows.get(name)
        faults = "FAULTS_" + names.snake(name).upper() if operation.get("errors") else "NO_FAULTS"
        fields = {
            "name": names.quote(name), "method": names.quote(http.get("method", "POST")),
            "uri": names.quote(http.get("requestUri", "/")), "status": http.get("responseCode", 200),
            "input": self.shape_ref((name, "in")), "output": self.shape_ref((name, "out")), "faults": faults,
        }
        wrapper = (operation.get("output") or {}).get("resultWrapper")
        fields["output_wrapper"] = names.quote(wrapper) if wrapper else None
        prefix = operation.get("endpoint", {}).get("hostPrefix")
        fields["host_prefix"] = names.quote(prefix) if prefix else None
        fields["unsigned_ok"] = truth(operation.get("authtype") == "none")
        fields["deprecated"] = truth(operation.get("deprecated"))
        fields["action"] = names.quote(f"{self.service.signing_name}:{name}")
        if name in self.keys:
            fields["keys"] = "KEYS_" + names.snake(name).upper()
        if listed:
            fields["handler"] = "thunk_" + names.snake(name)
            fields["access"] = "ACCESS_" + listed[0].upper()
            fields["resource"], fields["audit"] = names.quote(listed[1]), names.quote(listed[2])
            if len(listed) == 4:
                fields["action"] = names.quote(listed[3])
        else:
            fields["access"] = "ACCESS_WRITE"
        return row(fields)

    def model_row(self, validation):
        metadata = self.service.metadata
        listed = metadata.get("protocols") or [metadata["protocol"]]
        chosen = metadata.get("protocol") or listed[0]
        text = {
            "name": self.service.folder, "service_id": metadata.get("serviceId", self.service.folder),
            "signing_name": self.service.signing_name, "endpoint_prefix": metadata["endpointPrefix"],
            "target_prefix": metadata.get("targetPrefix"), "api_version": metadata.get("apiVersion", ""),
            "xml_namespace": namespace(metadata), "json_version": metadata.get("jsonVersion", "1.1"),
        }
        fields = {key: names.quote(value) for key, value in text.items() if value is not None}
        fields["protocols"] = " | ".join(f"1u << PROTOCOL_{PROTOCOLS[p]}" for p in listed)
        fields["protocol"] = "PROTOCOL_" + PROTOCOLS[chosen]
        fields["query_compatible"] = truth("awsQueryCompatible" in metadata)
        fields["operations"] = "OPERATIONS"
        fields["operation_count"] = len(self.service.operations)
        fields["faults"], fields["fault_shapes"], fields["validation"] = "FAULTS", "FAULT_SHAPES", "&" + validation
        return row(fields)

    def header(self):
        folder, upper = self.service.folder, self.upper
        guard = f"YAGURA_GEN_{upper}_MODEL_H"
        lines = [f"/* {folder}_model.h - generated by tools/model.py; see wire/model.h. */", f"#ifndef {guard}",
                 f"#define {guard}", "", '#include "wire/model.h"', "", "struct request;", ""]
        lines += self.types.declare()
        lines += ["", f"extern const struct service_model {upper}_MODEL;", f"extern const struct shape {upper}_SHAPES[];"]
        for key in self.types.keys:
            if key in self.types.named:
                shape = self.types.named[key][len(folder) + 1:].upper()
                lines.append(f"#define {upper}_SHAPE_{shape} (&{upper}_SHAPES[{self.index[key]}])")
        lines.append("")
        self.validation_name = self.validation()
        lines += [f"extern const struct fault {constant};" for constant, _ in self.faults.values()]
        lines.append("")
        for name in sorted(self.service.rows):
            word = names.snake(name)
            lines.append(f"struct err {folder}_{word}(struct request *rq, const struct {folder}_{word}_in *in,")
            lines.append(f"    struct {folder}_{word}_out *out);")
        return "\n".join(lines + ["", "#endif", ""])

    def source(self):
        """After header(): the tables."""
        folder, upper = self.service.folder, self.upper
        shapes = [self.shape_row(key) for key in self.types.keys]
        lines = [f"/* {folder}_model.c - generated by tools/model.py. */", f'#include "{folder}_model.h"', ""]
        for constant, (code, shape, said, status) in self.faults.values():
            lines.append(f"const struct fault {constant} = {{ {names.quote(code)}, {names.quote(shape)}, "
                         f"{names.quote(said)}, {status} }};")
        lines.append("")
        lines += [f"static const char *const ENUM_{n}[] = {{ {values}, NULL }};" for n, values in enumerate(self.enums)]
        declaration = f"static const struct member MEMBERS[{len(self.members)}]"
        lines += ["", declaration + ";"] if self.members else [""]
        lines += [f"const struct shape {upper}_SHAPES[] = {{"] + [f"    {text}," for text in shapes] + ["};"]
        if self.members:
            lines += [declaration + " = {"] + [f"    {text}," for text in self.members] + ["};"]
        lines += ["", "static const struct fault *const NO_FAULTS[] = { NULL };"]
        for name, operation in sorted(self.service.operations.items()):
            if operation.get("errors"):
                listed = ", ".join("&" + self.faults[error["shape"]][0] for error in operation["errors"])
                lines.append(f"static const struct fault *const FAULTS_{names.snake(name).upper()}[] = {{ {listed}, NULL }};")
        for name, entries in sorted(self.keys.items()):
            rows = ", ".join(f"{{ {names.quote(key)}, {names.quote(path)}, {names.quote(to) if to else 'NULL'} }}"
                             for key, path, to in entries)
            lines.append(f"static const struct operation_key KEYS_{names.snake(name).upper()}[] = "
                         f"{{ {rows}, {{ NULL, NULL, NULL }} }};")
        known = [(constant, name) for name, (constant, _) in self.faults.items()]
        everything = ", ".join(f"&{constant}" for constant, _ in known)
        behind = ", ".join(self.shape_ref(name) if name else "NULL" for _, name in known)
        lines.append(f"static const struct fault *const FAULTS[] = {{ {everything}, NULL }};")
        lines.append(f"static const struct shape *const FAULT_SHAPES[] = {{ {behind}, NULL }};")
        for name in sorted(self.service.rows):
            word = names.snake(name)
            lines += ["", f"static struct err thunk_{word}(struct request *rq, const void *in, void *out)", "{",
                      f"    return {folder}_{word}(rq, in, out);", "}"]
        lines += ["", "static const struct operation OPERATIONS[] = {"]
        lines += [f"    {self.operation_row(name)}," for name in sorted(self.service.operations)]
        lines += ["};", "", f"const struct service_model {upper}_MODEL = {self.model_row(self.validation_name)};", ""]
        text = "\n".join(lines)
        used = "= NO_FAULTS" in text
        return text if used else text.replace("static const struct fault *const NO_FAULTS[] = { NULL };\n", "")
