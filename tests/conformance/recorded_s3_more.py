"""S3 as AWS answered it: whole objects, copies, rules and settings, one call after another."""

import datetime
import time

import botocore.config

import recorded
from recorded_s3_buckets import Bucket as Told
from recorded_s3_lists import stand_for
from recorded_s3_objects import DATA, JSON, LOCK, RULES, S3, SSEC, SUMS, Bucket, case, customer, sums_of, told

LOGGING = "test_s3.py::TestS3BucketLogging::"
CRUD_TAGS = "test_s3_api.py::TestS3BucketObjectTagging::test_create_bucket_with_tags"


# ---- objects ---------------------------------------------------------------------------------------------------------

@case(S3 + "test_metadata_header_character_decoding")
def header_names(bucket):
    bucket.put("k", b"foo", Metadata={"TEST_META_1": "foo", "__meta_2": "bar"})
    return {"head-object": bucket.call("head_object", "k")}


@case(S3 + "test_upload_file_with_xml_preamble", '<?xml version="1.0" encoding="UTF-8"?><test/>', "get_object")
@case(S3 + "test_putobject_with_multiple_keys", "test", "get_object")
def put_and_got(bucket, body, name):
    bucket.put("a/b/c/k", body.encode())
    return {name: bucket.read("a/b/c/k")}


@case(S3 + "test_s3_uppercase_key_names")
def upper_case_key(bucket):
    bucket.put("CamelCaseKey", b"something")
    return {"response": bucket.read("CamelCaseKey"), "wrong-case-key": bucket.refused("get_object", "camelcasekey")}


@case(S3 + "test_s3_uppercase_bucket_name")
def upper_case_bucket(bucket):
    return {"uppercase-bucket": bucket.aws.refused(bucket.s3.create_bucket, Bucket="UPPER" + bucket.name)}


@case(S3 + "test_bucket_availability")
def not_available(bucket):
    none = bucket.aws.name("none")
    return {"bucket-lifecycle": bucket.aws.refused(bucket.s3.get_bucket_lifecycle_configuration, Bucket=none),
            "bucket-replication": bucket.aws.refused(bucket.s3.get_bucket_replication, Bucket=none)}


@case(S3 + "test_bucket_does_not_exist")
def lists_of_none(bucket):
    none = bucket.aws.name("none")
    refused = bucket.aws.refused(bucket.s3.list_objects, Bucket=none)
    return {"list_object": refused, "list_object_vhost": bucket.aws.refused(bucket.s3.list_objects_v2, Bucket=none)}


@case(S3 + "test_bucket_exists")
def exists(bucket):
    bucket.call("put_bucket_cors", CORSConfiguration={"CORSRules": [
        {"AllowedMethods": ["GET", "POST", "PUT", "DELETE"], "AllowedOrigins": ["localhost"]}]})
    return {"get-bucket-cors": bucket.call("get_bucket_cors"), "get-bucket-acl": bucket.call("get_bucket_acl"),
            "get-bucket-not-exists": bucket.aws.refused(bucket.s3.get_bucket_acl, Bucket="bucket-not-exists")}


@case(S3 + "test_get_object_with_anon_credentials")
def anonymous(bucket):
    bucket.call("delete_bucket_ownership_controls")
    bucket.call("delete_public_access_block")
    bucket.put("k", b"body data", ACL="public-read")
    return {"get_object": bucket.read("k")}


@case(S3 + "test_create_bucket_with_existing_name")
def taken(bucket):
    aws = bucket.aws
    name, client = aws.name("bucket"), aws.client("s3", "us-west-1")
    def make(region):
        return lambda: aws.client("s3", region).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    make("us-west-1")()
    aws.later(client.delete_bucket, Bucket=name)
    return {f"create-bucket-{region}": aws.refused(make(region)) for region in ("us-west-1", "us-east-2")}


@case(S3 + "test_bucket_operation_between_regions")
def two_regions(bucket):
    other = bucket.aws.client("s3", "eu-west-1")
    return {"put-website-config-region-1": bucket.call("put_bucket_website", WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}),
            "put-cors-config-region-1": bucket.call("put_bucket_cors", CORSConfiguration={"CORSRules": [
                {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}),
            "get-website-config-region-2": other.get_bucket_website(Bucket=bucket.name), "get-cors-config-region-2": other.get_bucket_cors(Bucket=bucket.name)}


UNSUMMED = botocore.config.Config(request_checksum_calculation="when_required")
ZIPPED = {"ContentEncoding": "gzip"}


@case(S3 + "test_s3_upload_download_gzip")
def gzipped(bucket):
    body = stand_for(bucket, 41, "5287ceabf01e3e9c080606b5a5b9bf70", "KBARJw==")
    return {"put-object": bucket.put("k", body, **ZIPPED), "get-object": {**bucket.read("k"), "Body": ""}}


@case(SUMS + "test_s3_checksum_with_content_encoding")
def gzipped_sum(bucket):
    body = stand_for(bucket, 41, "5287ceabf01e3e9c080606b5a5b9bf70")
    put = bucket.put("k", body, ChecksumAlgorithm="SHA256", **ZIPPED)
    bucket.words[put["ChecksumSHA256"]] = "WO7lLNG8Mn/d4GkX4DqZXqeaVHJCN+BxvMNJXLOhukg="
    return {"put-object": put, "get-object": {**bucket.read("k"), "Body": ""},
            "get-object-with-checksum": {**bucket.read("k", ChecksumMode="ENABLED"), "Body": ""}, "get-object-attrs": sums_of(bucket, "k")}


@case(S3 + "test_s3_batch_delete_public_objects_using_requests")
def batch_delete(bucket):
    keys = ("key-created-by-anonymous-1", "key-created-by-anonymous-2")
    for key in keys:
        bucket.put(key)
    done = bucket.call("delete_objects", Delete={"Objects": [{"Key": key} for key in keys]})
    deleted = sorted(done["Deleted"], key=lambda one: one["Key"])
    return {"multi-delete-with-requests": {"DeleteResult": {"@xmlns": "http://s3.amazonaws.com/doc/2006-03-01/", "Deleted": deleted}},
            "list-remaining-objects": bucket.call("list_objects")}


# ---- copies ----------------------------------------------------------------------------------------------------------

def source(bucket, key="k", version=None):
    return {"Bucket": bucket.name, "Key": key, **({"VersionId": version} if version else {})}


@case(S3 + "test_s3_copy_object_in_place_metadata_directive")
def directives(bucket):
    def copy(call=bucket.call, **members):
        return call("copy_object", "k", CopySource=source(bucket), **members)
    def head():
        return bucket.call("head_object", "k")
    out = {"put_object": bucket.put("k", JSON, ContentType="application/json", Metadata={"key": "value"}), "head_object": head(),
           "no-metadata-directive-fail": copy(bucket.refused),
           "copy-replace-directive": copy(Metadata={"key2": "value2"}, MetadataDirective="REPLACE"), "head-replace-directive": head(),
           "copy-copy-directive": copy(MetadataDirective="COPY", StorageClass="STANDARD"), "head-copy-directive": head(),
           "copy-copy-directive-ignore": copy(MetadataDirective="COPY", StorageClass="STANDARD", Metadata={"key3": "value3"}),
           "head-copy-directive-ignore": head()}
    return {**out, "copy-replace-directive-empty": copy(MetadataDirective="REPLACE"), "head-replace-directive-empty": head()}


@case(S3 + "test_s3_copy_object_in_place_storage_class")
def copied_class(bucket):
    def attributes():
        return bucket.call("get_object_attributes", "k", ObjectAttributes=["StorageClass"])
    return {"put-object": bucket.put("k", b"test", StorageClass="STANDARD"), "head-object": bucket.call("head_object", "k"), "object-attrs": attributes(),
            "copy-object-in-place-with-storage-class": bucket.call("copy_object", "k", CopySource=source(bucket), StorageClass="STANDARD"),
            "object-attrs-after-copy": attributes()}


@case(S3 + "test_s3_copy_object_in_place_versioned")
def copied_versions(bucket):
    def copy(call=bucket.call, **members):
        return call("copy_object", "k", CopySource=source(bucket), **members)
    def head(**members):
        return bucket.call("head_object", "k", **members)
    bucket.versioned()
    out = {"put_object": bucket.put("k", JSON, ContentType="application/json", Metadata={"key": "value"}), "head_object": head(),
           "object-attrs": bucket.call("get_object_attributes", "k", ObjectAttributes=["StorageClass"]),
           "copy-object-in-place-no-change": copy(bucket.refused), "copy-in-place-versioned": copy(MetadataDirective="REPLACE"),
           "head-object-copied": head(), "get-object-copied": bucket.read("k")}
    bucket.versioned("Suspended")
    out |= {"copy-in-place-versioned-suspended": copy(MetadataDirective="REPLACE"), "head-object-copied-suspended": head(),
            "get-object-copied-suspended": bucket.read("k"),
            "head-object-previous-version-suspended": head(VersionId=out["copy-in-place-versioned"]["VersionId"])}
    bucket.versioned()
    return {**out, "copy-in-place-versioned-re-enabled": copy(MetadataDirective="REPLACE")}


@case(S3 + "test_s3_copy_object_src_not_exists")
def no_source(bucket):
    key = "random-src-key"
    def copy(call, **asked):
        return call("copy_object", "dest", CopySource=asked)
    none = bucket.aws.name("none")
    out = {"copy-object-src-bucket-not-exists": copy(bucket.refused, Bucket=none, Key=key),
           "copy-object-src-object-not-exists": copy(bucket.refused, **source(bucket, key))}
    out["put-obj-versioned"] = put = bucket.versioned().call("put_object", key)
    out["del-obj-versioned"] = marker = bucket.call("delete_object", key)
    copied = copy(bucket.call, **source(bucket, key, put["VersionId"]))
    for answer in (put, copied["CopyObjectResult"]):  # recorded before every object got a checksum
        del answer["ChecksumCRC32"], answer["ChecksumType"]
    return {**out, "copy-object-src-delete-marker-current-version": copy(bucket.refused, **source(bucket, key)),
            "copy-object-src-target-delete-marker": copy(bucket.refused, **source(bucket, key, marker["VersionId"])),
            "copy-object-src-target-object-version": copied}


@case(SSEC + "test_put_object_default_checksum_with_sse_c")
def default_sum_under_key(bucket):
    unsummed = bucket.aws.client("s3", config=UNSUMMED)
    unsummed.put_object(Bucket=bucket.name, Key="k", Body=DATA, **customer("a"))
    head = bucket.call("head_object", "k", ChecksumMode="ENABLED", **customer("a"))
    bucket.words[head["ETag"]], bucket.words[head["ETag"].strip('"')] = '"a5d8837e2a881c286b90c0586f2869de"', "a5d8837e2a881c286b90c0586f2869de"
    bucket.words[head["SSECustomerKeyMD5"]] = "JMwgiexXqwuPqIPjYFmIZQ=="
    return {"head-obj-sse-c": head, "get-obj-sse-c": bucket.read("k", ChecksumMode="ENABLED", **customer("a")),
            "get-obj-attrs-sse-c": bucket.call("get_object_attributes", "k", ObjectAttributes=["ETag", "Checksum"], **customer("a"))}


@case(SSEC + "test_sse_c_with_versioning")
def versions_under_keys(bucket):
    bucket.versioned()
    one, two = customer("a"), customer("b")
    first, second = bucket.put("k", b"version1", **one), bucket.put("k", b"version2", **two)
    bucket.words |= {first["ETag"]: '"5e8209fe441f4c01aa50431ca1dbbc59"', second["ETag"]: '"715fb6e9472d58a780ca13f8b0ac891e"',
                     first["SSECustomerKeyMD5"]: "JMwgiexXqwuPqIPjYFmIZQ==", second["SSECustomerKeyMD5"]: "KoitZ78ZSAQHz4+gxDpJqQ=="}
    return {"put-obj-sse-c-version-1": first, "put-obj-sse-c-version-2": second, "get-obj-sse-c-last-version": bucket.read("k", **two),
            "get-obj-sse-c-version-2": bucket.read("k", VersionId=second["VersionId"], **two),
            "get-obj-sse-c-last-version-wrong-key": bucket.refused("get_object", "k", **one),
            "get-obj-sse-c-version-1": bucket.read("k", VersionId=first["VersionId"], **one)}


# ---- locks -----------------------------------------------------------------------------------------------------------

@case(LOCK + "test_s3_object_retention_compliance_mode", ObjectLockEnabledForBucket=True)
def compliance(bucket):
    put = bucket.put("k", b"test")
    version = put["VersionId"]
    def retain(call, mode="COMPLIANCE", seconds=2):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        return call("put_object_retention", "k", VersionId=version, BypassGovernanceRetention=True, Retention={"Mode": mode, "RetainUntilDate": until})
    out = {"put-obj-locked-1": put, "add-compliance-retention": retain(bucket.call),
           "delete-locked-1": bucket.refused("delete_object", "k", VersionId=version), "put-delete-marker": bucket.call("delete_object", "k"),
           "delete-locked-2": bucket.refused("delete_object", "k", VersionId=version, BypassGovernanceRetention=True),
           "update-retention-shortened": retain(bucket.refused, seconds=1), "update-retention-less-restrictive": retain(bucket.refused, "GOVERNANCE", 9)}
    time.sleep(2)
    return {**out, "delete-obj-after-lock-expiration": bucket.call("delete_object", "k", VersionId=version)}


# ---- rules and settings ----------------------------------------------------------------------------------------------

def ruled(bucket, *rules):
    bucket.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [{"Status": "Enabled", **rule} for rule in rules]})
    return bucket.call("get_bucket_lifecycle_configuration")


@case(RULES + "test_bucket_lifecycle_configuration_date")
def rule_of_date(bucket):
    return {"get-bucket-lifecycle-conf": ruled(bucket, {"ID": "rule_number_one", "Filter": {}, "Expiration": {"Date": datetime.datetime(2030, 1, 1)}})}


@case(RULES + "test_bucket_lifecycle_object_size_rules")
def rules_of_size(bucket):
    shown = ruled(bucket, {"ID": "rule_one", "Filter": {"ObjectSizeGreaterThan": 20}, "Expiration": {"Days": 10}},
                  {"ID": "rule_two", "Filter": {"ObjectSizeLessThan": 10}, "Expiration": {"Days": 10}})
    return told({"get-bucket-lifecycle-conf": shown, "put-object-match-rule-1": bucket.put("1", stand_for(bucket, 21, "ff49cfac3968dbce26ebe7d4823e58bd", "KJmf0A==")),
                 "put-object-match-rule-2": bucket.put("2", stand_for(bucket, 9, "594f803b380a41396ed63dca39503542", "7qyTuQ==")),
                 "put-object-no-match": bucket.put("3", stand_for(bucket, 15, "12f9cf6998d52dbe773b06f848bb3608", "Y5c8cQ=="))})


@case(RULES + "test_bucket_lifecycle_tag_rules")
def rules_of_tags(bucket):
    one, two = {"Key": "testlifecycle", "Value": "positive"}, {"Key": "testlifecycletwo", "Value": "positive-two"}
    out = {"get-bucket-lifecycle-conf": ruled(bucket, {"ID": "rule_one", "Filter": {"Tag": one}, "Expiration": {"Days": 10}},
                                              {"ID": "rule_two", "Filter": {"And": {"Tags": [one, two]}}, "Expiration": {"Days": 10}})}
    for name, tags in (("match-both-rules", "testlifecycle=positive&testlifecycletwo=positive-two"), ("match-rule-1", "testlifecycle=positive"),
                       ("no-match", "testlifecycle=negative"), ("no-tags", "")):
        out[f"put-object-{name}"] = bucket.put(name, **({"Tagging": tags} if tags else {}))
        out[f"get-object-{name}"] = bucket.read(name)
    return told(out)


@case(RULES + "test_lifecycle_expired_object_delete_marker")
def rule_of_markers(bucket):
    return told({"get-bucket-lifecycle-conf": ruled(bucket, {"ID": "rule-marker", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}),
                 "put-object": bucket.put("k"), "head-object": bucket.call("head_object", "k")})


@case(RULES + "test_object_expiry_after_bucket_lifecycle_configuration")
def rule_after_object(bucket):
    out = {"put-object-before": bucket.put("k")}
    out["get-bucket-lifecycle-conf"] = ruled(bucket, {"ID": "rule3", "Filter": {}, "Expiration": {"Days": 7}})
    out["head-object-expiry-before"] = bucket.call("head_object", "k")
    return told({**out, "put-object-after": bucket.put("k"), "head-object-expiry-after": bucket.call("head_object", "k")})


@case(S3 + "test_s3_analytics_configurations")
def analytics(bucket):
    def asked(prefix, name):
        export = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": {
            "Format": "CSV", "Bucket": f"arn:aws:s3:::{bucket.name}", "Prefix": "test"}}}
        return {"Id": name, "Filter": {"Prefix": prefix}, "StorageClassAnalysis": {"DataExport": export}}
    def put(call, name, prefix, inner=None):
        return call("put_bucket_analytics_configuration", Id=name, AnalyticsConfiguration=asked(prefix, inner or name))
    def show(name, call=bucket.call, what="get"):
        return call(f"{what}_bucket_analytics_configuration", Id=name)
    one, two = "config_with_storage_analysis_1", "config_with_storage_analysis_2"
    out = {"put_config_with_storage_analysis_err": put(bucket.refused, one, "test_ls", "different-id"),
           "get_config_with_storage_analysis_err": show("none", bucket.refused),
           "delete_config_with_storage_analysis_err": show("none", bucket.refused, "delete"),
           "put_config_with_storage_analysis_1": put(bucket.call, one, "test_ls"), "get_config_with_storage_analysis_1": show(one)}
    put(bucket.call, one, "test_ls_2")
    out["get_config_with_storage_analysis_2"] = show(one)
    put(bucket.call, two, "test_ls_3")
    out |= {"get_config_with_storage_analysis_3": show(two), "list_config_with_storage_analysis_1": bucket.call("list_bucket_analytics_configurations")}
    show(two, what="delete")
    return {**out, "list_config_with_storage_analysis_2": bucket.call("list_bucket_analytics_configurations")}


@case(S3 + "test_put_bucket_inventory_config_order")
def inventories(bucket):
    for name in ("z-test", "a-test", "test-1"):
        bucket.call("put_bucket_inventory_configuration", Id=name, InventoryConfiguration={
            "Id": name, "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{bucket.name}", "Format": "CSV"}}})
    def listed():
        return bucket.call("list_bucket_inventory_configurations")
    return {"list-inventory-config": listed(), "del-inventory-config": bucket.call("delete_bucket_inventory_configuration", Id="z-test"),
            "list-inventory-config-after-del": listed()}


@case(LOGGING + "test_put_bucket_logging")
def logging(bucket):
    acl = bucket.call("get_bucket_acl")
    bucket.words[acl["Owner"]["ID"]] = "owner-id"
    out = {"get-bucket-logging-default": bucket.call("get_bucket_logging"), "get-bucket-default-acl": acl,
           "put-bucket-logging": bucket.call("put_bucket_logging", BucketLoggingStatus={
               "LoggingEnabled": {"TargetBucket": Bucket(bucket.aws).name, "TargetPrefix": "log"}}), "get-bucket-logging": bucket.call("get_bucket_logging")}
    return {**out, "put-bucket-logging-delete": bucket.call("put_bucket_logging", BucketLoggingStatus={})}


@recorded.case(CRUD_TAGS)
def made_with_tags(aws):
    bucket = Told(aws, make=False, region="us-west-1")
    aws.later(bucket.client.delete_bucket, Bucket=bucket.name)
    made = bucket.create_bucket(CreateBucketConfiguration={"LocationConstraint": "us-west-1", "Tags": [{"Key": "tag1", "Value": "value1"}]})
    return {"create-bucket-with-tags": made, "get-bucket-tags": bucket.get_bucket_tagging()}


@recorded.case(CRUD_TAGS + "_us_east_1_idempotency")
def made_again(aws):
    bucket = Told(aws, make=False)
    aws.later(bucket.client.delete_bucket, Bucket=bucket.name)
    tags = [{"Key": "tag1", "Value": "value1"}]
    def make(call=bucket.create_bucket, *more):
        return call(*more, **({"CreateBucketConfiguration": {"Tags": wanted[0]}} if wanted else {}))
    out = {}
    for name, wanted, show, refused in (("with-tags", [tags], "get-bucket-tags", False), ("different-tags", [[{"Key": "tag2", "Value": "value2"}]], None, True),
                                        ("with-no-tags", [], "get-bucket-tags-after-re-create", False), ("with-same-tags", [tags], None, True),
                                        ("with-empty-tags", [[]], "get-bucket-tags-after-create-empty", False)):
        out[f"create-bucket-{name}"] = make(bucket.refused, "create_bucket") if refused else make()
        if show:
            out[show] = bucket.get_bucket_tagging()
    return out
