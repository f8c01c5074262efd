"""S3 as AWS answered it: what buckets are told."""

import json

import botocore.config

from recorded import case

UNCHECKED = botocore.config.Config(parameter_validation=False)  # boto3 would refuse some of it before it is sent

API, S3, CORS = "test_s3_api.py::TestS3", "test_s3.py::TestS3", "test_s3_cors.py::TestS3Cors::"
GROUPS = "http://acs.amazonaws.com/groups/"


class Bucket:
    """A bucket and short words for what is done with it."""

    def __init__(self, aws, make=True, region=None, **more):
        self.aws, self.name, self.client = aws, aws.name("bucket"), aws.client("s3", region, config=UNCHECKED)
        if region:
            more["CreateBucketConfiguration"] = {"LocationConstraint": region}
        if make:
            self.client.create_bucket(Bucket=self.name, **more)
            aws.later(self.client.delete_bucket, Bucket=self.name)

    def __getattr__(self, operation):
        return lambda **members: getattr(self.client, operation)(Bucket=self.name, **members)

    def refused(self, operation, **members):
        return self.aws.refused(getattr(self.client, operation), Bucket=self.name, **members)

    def open(self):
        """Without what new buckets are shut by."""
        self.delete_bucket_ownership_controls()
        self.delete_public_access_block()
        return self




@case(API + "BucketVersioning::test_bucket_versioning_crud")
def versioning(aws):
    bucket, none = Bucket(aws), Bucket(aws, make=False)
    put = lambda status: bucket.put_bucket_versioning(VersioningConfiguration={"Status": status})
    wrong = lambda **asked: bucket.refused("put_bucket_versioning", VersioningConfiguration=asked)
    return {"get-versioning-before": bucket.get_bucket_versioning(), "put-versioning-suspended-before": put("Suspended"),
            "get-versioning-after-suspended": bucket.get_bucket_versioning(), "put-versioning-enabled-lowercase": wrong(Status="enabled"),
            "put-versioning-enabled-capitalized": put("Enabled"), "get-versioning-after-enabled": bucket.get_bucket_versioning(),
            "put-versioning-suspended-after": put("Suspended"), "put-versioning-disabled": wrong(Status="Disabled"),
            "put-versioning-empty": wrong(), "get-versioning-no-bucket": none.refused("get_bucket_versioning"),
            "put-versioning-no-bucket": none.refused("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})}


def tag(key, value="value"):
    return {"Key": key, "Value": value}


@case(API + "BucketObjectTagging::test_bucket_tagging_crud")
def tagging(aws):
    bucket = Bucket(aws)
    put = lambda *tags: bucket.put_bucket_tagging(Tagging={"TagSet": list(tags)})
    return {"get-bucket-tags-empty": bucket.refused("get_bucket_tagging"),
            "put-bucket-tags": put(tag("tag1", "tag1"), tag("tag2", "")), "get-bucket-tags": bucket.get_bucket_tagging(),
            "put-bucket-tags-overwrite": put(tag("tag3", "tag3")), "get-bucket-tags-overwritten": bucket.get_bucket_tagging(),
            "delete-bucket-tags": bucket.delete_bucket_tagging(), "put-bucket-tags-empty": put()}


@case(API + "BucketObjectTagging::test_bucket_tagging_exc")
def tagging_of_none(aws):
    none = Bucket(aws, make=False)
    return {"get-no-bucket-tags": none.refused("get_bucket_tagging"), "delete-no-bucket-tags": none.refused("delete_bucket_tagging"),
            "put-no-bucket-tags": none.refused("put_bucket_tagging", Tagging={"TagSet": []})}


@case(API + "BucketObjectTagging::test_tagging_validation")
def tagging_validation(aws):
    bucket = Bucket(aws)
    bucket.put_object(Key="k", Body=b"")
    aws.later(bucket.delete_object, Key="k")
    wrong = {"invalid-key": [tag("Key1,Key2", "Val1")], "invalid-value": [tag("Key1", "Val1,Val2")]}
    cases = {"duplicate-keys": [tag("Key1", "Val1"), tag("Key1", "Val2")], "none-key": [{"Value": "Val1"}], "none-value": [{"Key": "Key1"}],
             "aws-prefixed": [tag("aws:prefixed", "Val1")]}
    answers = {f"put-bucket-tags-{name}": bucket.refused("put_bucket_tagging", Tagging={"TagSet": tags}) for name, tags in {**cases, **wrong}.items()}
    for name, tags in {**cases, "invalid-field": wrong["invalid-key"]}.items():
        answers[f"put-object-tags-{name}"] = bucket.refused("put_object_tagging", Key="k", Tagging={"TagSet": tags})
    return answers


@case(API + "BucketObjectTagging::test_create_bucket_with_empty_tags")
def made_with_empty_tags(aws):
    bucket, other = Bucket(aws, make=False), Bucket(aws, make=False)
    for one in (bucket, other):
        aws.later(one.client.delete_bucket, Bucket=one.name)
    return {"create-bucket-with-empty-tags": bucket.create_bucket(CreateBucketConfiguration={"Tags": []}),
            "get-bucket-tags": bucket.refused("get_bucket_tagging"),
            "create-bucket-with-none-tags": bucket.create_bucket(CreateBucketConfiguration={})}


@case(API + "ObjectLock::test_get_put_object_lock_configuration")
def lock(aws):
    bucket = Bucket(aws, ObjectLockEnabledForBucket=True)
    put = lambda **more: bucket.put_object_lock_configuration(ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **more})
    return {"get-lock-config-start": bucket.get_object_lock_configuration(),
            "put-lock-config": put(Rule={"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}),
            "get-lock-config": bucket.get_object_lock_configuration(), "put-lock-config-enabled": put(),
            "get-lock-config-only-enabled": bucket.get_object_lock_configuration()}


@case(API + "ObjectLock::test_put_object_lock_configuration_exc")
def lock_refused(aws):
    bucket = Bucket(aws, ObjectLockEnabledForBucket=True)
    put = lambda asked: bucket.refused("put_object_lock_configuration", ObjectLockConfiguration=asked)
    kept = lambda **retention: put({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}})
    return {"put-lock-config-no-enabled": put({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}),
            "put-lock-config-empty": put({}), "put-lock-config-empty-rule": put({"ObjectLockEnabled": "Enabled", "Rule": {}}),
            "put-lock-config-empty-retention": kept(), "put-lock-config-no-days": kept(Mode="GOVERNANCE"),
            "put-lock-config-bad-mode": kept(Mode="BAD-VALUE", Days=1),
            "put-lock-config-both-days-years": kept(Mode="GOVERNANCE", Days=1, Years=1)}


@case(API + "ObjectLock::test_get_object_lock_configuration_exc")
def lock_absent(aws):
    return {"get-lock-config-no-enabled": Bucket(aws).refused("get_object_lock_configuration"),
            "get-lock-config-bucket-not-exists": Bucket(aws, make=False).refused("get_object_lock_configuration")}


@case(API + "ObjectLock::test_disable_versioning_on_locked_bucket")
def lock_keeps_versions(aws):
    bucket = Bucket(aws, ObjectLockEnabledForBucket=True)
    return {"disable-versioning-on-locked-bucket": bucket.refused("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}),
            "enable-versioning-again-on-locked-bucket": bucket.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"})}


@case(API + "BucketOwnershipControls::test_crud_bucket_ownership_controls")
def ownership(aws):
    bucket, other = Bucket(aws), Bucket(aws, ObjectOwnership="BucketOwnerPreferred")
    return {"default-ownership": bucket.get_bucket_ownership_controls(),
            "put-ownership": bucket.put_bucket_ownership_controls(OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}),
            "get-ownership": bucket.get_bucket_ownership_controls(), "delete-ownership": bucket.delete_bucket_ownership_controls(),
            "get-ownership-after-delete": bucket.refused("get_bucket_ownership_controls"),
            "delete-ownership-after-delete": bucket.delete_bucket_ownership_controls(),
            "get-ownership-at-creation": other.get_bucket_ownership_controls()}


def policy_of(bucket):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket.name}/*"}]})


@case(API + "BucketPolicy::test_bucket_policy_crud")
def policy(aws):
    bucket = Bucket(aws).open()
    return {"get-bucket-default-policy": bucket.refused("get_bucket_policy"), "put-bucket-policy": bucket.put_bucket_policy(Policy=policy_of(bucket)),
            "get-bucket-policy": bucket.get_bucket_policy(), "delete-bucket-policy": bucket.delete_bucket_policy(),
            "get-bucket-policy-after-delete": bucket.refused("get_bucket_policy"),
            "delete-bucket-policy-after-delete": bucket.delete_bucket_policy()}


@case(API + "BucketPolicy::test_bucket_policy_exc")
def policy_refused(aws):
    put = lambda text: Bucket(aws).open().refused("put_bucket_policy", Policy=text)
    return {"put-empty-bucket-policy": put(""), "put-bucket-policy-randomstring": put("invalid json"), "put-bucket-policy-empty-json": put("{}")}


@case(S3 + "::test_get_bucket_policy")
def policy_shown(aws):
    bucket = Bucket(aws).open()
    answers = {"get-bucket-policy-no-such-bucket-policy": bucket.refused("get_bucket_policy")}
    bucket.put_bucket_policy(Policy=policy_of(bucket))
    return {**answers, "get-bucket-policy": bucket.get_bucket_policy(),
            "get-bucket-policy-with-expected-bucket-owner": bucket.get_bucket_policy(ExpectedBucketOwner=aws.account),
            "get-bucket-policy-with-expected-bucket-owner-error": bucket.refused("get_bucket_policy", ExpectedBucketOwner="000000000002")}


@case(S3 + "::test_put_bucket_policy")
def policy_put(aws):
    bucket = Bucket(aws).open()
    return {"put-bucket-policy": bucket.put_bucket_policy(Policy=policy_of(bucket)), "get-bucket-policy": bucket.get_bucket_policy()}


def owner_refused(aws, owner, operation):
    bucket = Bucket(aws)
    more = {"Policy": policy_of(bucket)} if operation == "put_bucket_policy" else {}
    name = operation.replace("_", "-")
    return {f"{name}-invalid-bucket-owner" if "put" not in name else "put-bucket-policy-invalid-bucket-owner":
            bucket.refused(operation, ExpectedBucketOwner=owner, **more)}


for OWNER in ("0000", "0000000000020", "abcd", "aa000000000$"):
    case(S3 + f"::test_get_bucket_policy_invalid_account_id[{OWNER}]", OWNER, "get_bucket_policy")(owner_refused)
    case(S3 + f"::test_put_bucket_policy_invalid_account_id[{OWNER}]", OWNER, "put_bucket_policy")(owner_refused)


@case(API + "BucketAccelerateConfiguration::test_bucket_acceleration_configuration_exc")
def acceleration(aws):
    bucket, dotted = Bucket(aws), Bucket(aws, make=False)
    dotted.name = dotted.name.replace("bucket-", "bucket.")
    dotted.create_bucket()
    aws.later(dotted.client.delete_bucket, Bucket=dotted.name)
    put = lambda one, status: one.refused("put_bucket_accelerate_configuration", AccelerateConfiguration={"Status": status})
    return {"put-bucket-accelerate-config-lowercase": put(bucket, "enabled"), "put-bucket-accelerate-config-random": put(bucket, "random"),
            "put-bucket-accelerate-config-dot-bucket": put(dotted, "Enabled")}


def put_metrics(bucket, name, prefix="logs/prefix"):
    return bucket.put_bucket_metrics_configuration(Id=name, MetricsConfiguration={"Id": name, "Filter": {"Prefix": prefix}})


@case(API + "MetricsConfiguration::test_list_bucket_metrics_configurations")
def metrics_listed(aws):
    bucket = Bucket(aws)
    for name in ("one", "two"):
        put_metrics(bucket, name)
    return {"list_bucket_metrics_configurations": bucket.list_bucket_metrics_configurations()}


@case(API + "MetricsConfiguration::test_get_bucket_metrics_configuration")
def metrics_shown(aws):
    bucket = Bucket(aws)
    put_metrics(bucket, "one", "logs/")
    return {"get_bucket_metrics_configuration": bucket.get_bucket_metrics_configuration(Id="one")}


@case(API + "MetricsConfiguration::test_list_bucket_metrics_configurations_paginated")
def metrics_paged(aws):
    bucket = Bucket(aws)
    for number in range(102):
        put_metrics(bucket, f"m{number:03}")
    token = bucket.list_bucket_metrics_configurations()["NextContinuationToken"]
    return {"list_bucket_metrics_configurations_page_2": bucket.list_bucket_metrics_configurations(ContinuationToken=token)}


@case(API + "MetricsConfiguration::test_delete_metrics_configuration")
def metrics_dropped(aws):
    bucket = Bucket(aws)
    put_metrics(bucket, "one")
    return {"delete_bucket_metrics_configuration": bucket.delete_bucket_metrics_configuration(Id="one"),
            "get_bucket_metrics_configuration": bucket.refused("get_bucket_metrics_configuration", Id="one")}


@case(API + "MetricsConfiguration::test_delete_metrics_configuration_twice")
def metrics_dropped_twice(aws):
    bucket = Bucket(aws)
    put_metrics(bucket, "one")
    return {"delete_bucket_metrics_configuration_1": bucket.delete_bucket_metrics_configuration(Id="one"),
            "delete_bucket_metrics_configuration_2": bucket.refused("delete_bucket_metrics_configuration", Id="one")}


@case(S3 + "::test_s3_request_payer")
def payer(aws):
    bucket = Bucket(aws)
    return {"put-bucket-request-payment": bucket.put_bucket_request_payment(RequestPaymentConfiguration={"Payer": "Requester"}),
            "get-bucket-request-payment": bucket.get_bucket_request_payment()}


@case(S3 + "::test_s3_request_payer_exceptions")
def payer_refused(aws):
    put = lambda bucket, who: bucket.refused("put_bucket_request_payment", RequestPaymentConfiguration={"Payer": who})
    return {"wrong-payer-type": put(Bucket(aws), "Random"), "wrong-bucket-name": put(Bucket(aws, make=False), "Requester")}


@case(S3 + "::test_s3_bucket_acl")
def acl(aws):
    bucket = Bucket(aws).open()
    bucket.put_bucket_acl(ACL="public-read")
    answers = {"get-bucket-acl": bucket.get_bucket_acl()}
    bucket.put_bucket_acl(ACL="private")
    answers["get-bucket-canned-acl"] = bucket.get_bucket_acl()
    bucket.put_bucket_acl(GrantRead=f'uri="{GROUPS}s3/LogDelivery"')
    answers["get-bucket-grant-acl"] = bucket.get_bucket_acl()
    owner = bucket.get_bucket_acl()["Owner"]
    bucket.put_bucket_acl(AccessControlPolicy={"Owner": owner, "Grants": [
        {"Grantee": {"ID": owner["ID"], "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"URI": f"{GROUPS}s3/LogDelivery", "Type": "Group"}, "Permission": "WRITE"}]})
    answers["get-bucket-acp-acl"] = bucket.get_bucket_acl()
    return answers


@case(S3 + "::test_s3_bucket_acl_exceptions")
def acl_refused(aws):
    bucket = Bucket(aws).open()
    owner = bucket.get_bucket_acl()["Owner"]
    put = lambda **members: bucket.refused("put_bucket_acl", **members)
    policy = lambda *grants, **more: put(AccessControlPolicy={"Owner": owner, "Grants": list(grants), **more})
    group = lambda uri="s3/LogDelivery", **more: {"Grantee": {"URI": GROUPS + uri, "Type": "Group"}, "Permission": "WRITE", **more}
    user = {"Grantee": {"ID": "wrong-id", "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"put-bucket-canned-acl": put(ACL="fake-acl"), "put-bucket-grant-acl-fake-uri": put(GrantWrite=f'uri="{GROUPS}s3/FakeGroup"'),
            "put-bucket-grant-acl-fake-key": put(GrantWrite='fakekey="1234"'), "put-bucket-grant-acl-wrong-id": put(GrantWrite='id="wrong-id"'),
            "put-bucket-acp-acl-1": put(AccessControlPolicy={"Grants": [group()]}), "put-bucket-acp-acl-2": put(AccessControlPolicy={"Owner": owner}),
            "put-bucket-acp-acl-3": policy(user), "put-bucket-acp-acl-4": policy(group("s3/FakeGroup")),
            "put-bucket-acp-acl-5": policy(group(), Owner={"ID": "wrong-id"}),
            "put-bucket-acp-acl-6": policy({"Grantee": {"Type": "Group", "URI": f"{GROUPS}s3/LogDelivery"}, "Permission": "FAKE"}),
            "put-bucket-empty-acp": put(AccessControlPolicy={}), "put-bucket-empty": put(),
            "put-bucket-two-type-acl": put(ACL="public-read", GrantRead=f'uri="{GROUPS}s3/LogDelivery"'),
            "put-bucket-two-type-acl-acp": put(ACL="public-read", AccessControlPolicy={"Owner": owner, "Grants": [group()]})}


@case(S3 + "::test_s3_object_acl")
def object_acl(aws):
    bucket = Bucket(aws).open()
    aws.later(bucket.delete_object, Key="k")
    answers = {"put-object-default-acl": bucket.put_object(Key="k", Body=b""), "get-object-acl-default": bucket.get_object_acl(Key="k"),
               "put-object-acl": bucket.put_object_acl(Key="k", ACL="public-read"), "get-object-acl": bucket.get_object_acl(Key="k")}
    bucket.put_object_acl(Key="k", GrantRead=f'uri="{GROUPS}s3/LogDelivery"')
    answers["get-object-grant-acl"] = bucket.get_object_acl(Key="k")
    owner = answers["get-object-acl"]["Owner"]
    bucket.put_object_acl(Key="k", AccessControlPolicy={"Owner": owner, "Grants": [
        {"Grantee": {"ID": owner["ID"], "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
        {"Grantee": {"URI": f"{GROUPS}s3/LogDelivery", "Type": "Group"}, "Permission": "WRITE"}]})
    answers["get-object-acp-acl"] = bucket.get_object_acl(Key="k")
    return answers


@case(S3 + "BucketLogging::test_put_bucket_logging_wrong_target")
def logging_refused(aws):
    bucket, far = Bucket(aws, region="us-west-2"), Bucket(aws)
    put = lambda target: bucket.refused("put_bucket_logging", BucketLoggingStatus={
        "LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "log"}})
    return {"put-bucket-logging-different-regions": put(far.name), "put-bucket-logging-non-existent-bucket": put(aws.name("target"))}


@case(S3 + "BucketLifecycle::test_delete_bucket_lifecycle_configuration")
def lifecycle(aws):
    bucket = Bucket(aws)
    answers = {"get-bucket-lifecycle-exc-1": bucket.refused("get_bucket_lifecycle_configuration"),
               "delete-bucket-lifecycle-no-bucket": bucket.delete_bucket_lifecycle()}
    bucket.put_bucket_lifecycle_configuration(LifecycleConfiguration={"Rules": [
        {"Expiration": {"Days": 7}, "ID": "wholebucket", "Filter": {"Prefix": ""}, "Status": "Enabled"}]})
    answers["get-bucket-lifecycle-conf"] = bucket.get_bucket_lifecycle_configuration()
    bucket.delete_bucket_lifecycle()
    answers["get-bucket-lifecycle-exc-2"] = bucket.refused("get_bucket_lifecycle_configuration")
    return answers


@case(S3 + "BucketLifecycle::test_s3_transition_default_minimum_object_size")
def lifecycle_minimum(aws):
    bucket = Bucket(aws)
    rules = {"Rules": [{"Expiration": {"Days": 7}, "ID": "wholebucket", "Filter": {"Prefix": ""}, "Status": "Enabled"}]}
    put = lambda **size: bucket.put_bucket_lifecycle_configuration(LifecycleConfiguration=rules, **size)
    show, name = bucket.get_bucket_lifecycle_configuration, "TransitionDefaultMinimumObjectSize"
    return {"varies-by-storage": put(**{name: "varies_by_storage_class"}), "get-varies-by-storage": show(), "default": put(),
            "get-default": show(), "all-storage": put(**{name: "all_storage_classes_128K"}), "get-all-storage": show(),
            "bad-value": bucket.refused("put_bucket_lifecycle_configuration", LifecycleConfiguration=rules, **{name: "value"})}


@case(CORS + "test_get_cors")
def cors(aws):
    bucket = Bucket(aws)
    answers = {"get-cors-no-set": bucket.refused("get_bucket_cors")}
    bucket.put_bucket_cors(CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]})
    return {**answers, "get-cors-after-set": bucket.get_bucket_cors()}


@case(CORS + "test_put_cors_invalid_rules")
def cors_refused(aws):
    put = lambda *rules: Bucket(aws).refused("put_bucket_cors", CORSConfiguration={"CORSRules": list(rules)})
    return {"put-cors-exc": put({"AllowedOrigins": ["*"], "AllowedMethods": ["MYMETHOD"]}), "put-cors-exc-empty": put()}


@case(CORS + "test_delete_cors")
def cors_dropped(aws):
    bucket = Bucket(aws)
    rules = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}
    return {"delete-cors-before-set": bucket.delete_bucket_cors(), "put-cors": bucket.put_bucket_cors(CORSConfiguration=rules),
            "get-cors": bucket.get_bucket_cors(), "delete-cors": bucket.delete_bucket_cors(),
            "get-cors-deleted": bucket.refused("get_bucket_cors")}
