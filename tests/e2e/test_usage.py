"""yagura usage: what trails deliver, counted where it is selected."""

import json
import subprocess

from conftest import binary, until

REGION = "ap-northeast-1"


def usage(server, *words):
    store = ["--store", server.store] if server.store else []
    done = subprocess.run([binary(), "usage", "--data", str(server.data), *store, *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def make_trail(server, bucket):
    """A trail with a selector for management events and one for S3's data events, into a bucket that lets it write."""
    s3, trails = server.client("s3"), server.client("cloudtrail")
    for name in (bucket, "payroll", "scratch"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
         "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*"}]}))
    trails.create_trail(Name="main", S3BucketName=bucket, IsMultiRegionTrail=True)
    trails.put_event_selectors(TrailName="main", AdvancedEventSelectors=[
        {"Name": "changes", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, {"Field": "readOnly", "Equals": ["false"]}]},
        {"Name": "objects", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}])
    trails.start_logging(Name="main")


def test_volume_by_selector_and_source_and_what_less_would_save(servers):
    server = servers("--trail-delivery", "200ms")
    make_trail(server, "trail-logs")
    s3, iam = server.client("s3"), server.client("iam")
    for number in range(30):
        s3.put_object(Bucket="scratch" if number < 20 else "payroll", Key=f"o{number}", Body=b"x")
    for number in range(5):
        iam.create_user(UserName=f"user-{number}")

    def whole():
        told = json.loads(usage(server, "--format", "json", "--sensitive", "payroll", "--retention", "1"))
        kinds = {(kind["selector"], kind["source"], kind.get("bucket")): kind["events"] for kind in told[0]["usage"]} if told else {}
        return told if kinds.get(("objects", "s3.amazonaws.com", "payroll")) == 10 \
            and kinds.get(("changes", "iam.amazonaws.com", None)) == 5 else None
    told = until(whole, "the delivered events", 20)[0]
    kinds = {(kind["selector"], kind["source"], kind.get("bucket")): kind for kind in told["usage"]}
    scratch = kinds["objects", "s3.amazonaws.com", "scratch"]
    assert told["trail"] == "main" and scratch["events"] == 20 and scratch["category"] == "Data"
    assert told["events"] == sum(kind["events"] for kind in told["usage"]) and told["bytes"] > told["storedBytes"] > 0 < told["files"]
    saving = told["savings"]["onlySensitiveBuckets"]
    assert saving["events"] == 20 and 0 < saving["percent"] == round(100 * scratch["bytes"] / told["bytes"])
    assert told["savings"]["retention"]["files"] == 0
    text = usage(server, "--sensitive", "payroll", "--sensitive", "scratch")
    assert "without S3 data events of buckets that aren't sensitive: 0 events" in text and "scratch" in text
    assert "name those to keep with --sensitive" in usage(server)
    server.kill()  # counts are committed with the files: a restart doesn't add them again
    again = servers("--trail-delivery", "200ms", of=server)
    iam = again.client("iam")
    iam.create_user(UserName="last")
    after = until(lambda: next((kind for kind in json.loads(usage(again, "--format", "json"))[0]["usage"]
                                if (kind["selector"], kind["source"]) == ("changes", "iam.amazonaws.com") and kind["events"] > 5), None),
                  "the last call", 20)
    assert after["events"] == 6
