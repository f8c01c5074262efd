"""S3 as AWS answered it: lists of keys, versions and buckets, and keys that are written oddly."""

import base64
import hashlib
import zlib

from recorded_s3_objects import CRUD, IF, KEY, S3, case, copied, copy_refused

LIST = "test_s3_list_operations.py::TestS3List"
FOLDERS = ("folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2")


def fill(bucket, *keys):
    for key in keys:
        bucket.put(key, b"content 123")


def stand_for(bucket, size, etag, crc=None):
    """Bytes of that size; their digests are shown as those of the recorded bytes, which nobody told."""
    body = bytes([97 + len(bucket.words) % 26]) * size
    bucket.words[f'"{hashlib.md5(body).hexdigest()}"'] = f'"{etag}"'
    if crc:
        bucket.words[base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()] = crc
    return body


@case(LIST + "Objects::test_list_objects_next_marker")
def next_marker(bucket):
    fill(bucket, "a", "b", "c")
    def page(**more):
        return bucket.call("list_objects", **more)
    one = page(Delimiter="/", MaxKeys=1)
    return {"list-objects-all": page(), "list-objects-max-1": one, "list-objects-rest": page(Marker=one["NextMarker"], MaxKeys=1),
            "list-objects-marker-empty": page(Marker="", MaxKeys=1)}


@case(LIST + "Objects::test_s3_list_objects_empty_marker")
def empty_marker(bucket):
    return {"list-objects": bucket.call("list_objects", Marker="")}


@case(LIST + "Objects::test_list_objects_marker_common_prefixes")
def markers_and_folders(bucket):
    fill(bucket, *FOLDERS)
    def page(**more):
        return bucket.call("list_objects", Prefix="folder/", Delimiter="/", MaxKeys=1, **more)
    start = page()
    following = page(Marker=start["NextMarker"])
    return {"list-objects-all-keys": bucket.call("list_objects"), "list-objects-start": start, "list-objects-next-1": following,
            "list-objects-end": page(Marker=following["NextMarker"]), "list-objects-manual-first-file": page(Marker=FOLDERS[0])}


@case(LIST + "ObjectsV2::test_list_objects_v2_continuation_common_prefixes")
def tokens_and_folders(bucket):
    fill(bucket, *FOLDERS)
    def page(**more):
        return bucket.call("list_objects_v2", Prefix="folder/", Delimiter="/", MaxKeys=1, **more)
    start = page()
    following = page(ContinuationToken=start["NextContinuationToken"])
    return {"list-objects-v2-all-keys": bucket.call("list_objects_v2"), "list-objects-v2-start": start, "list-objects-v2-next-1": following,
            "list-objects-v2-end": page(ContinuationToken=following["NextContinuationToken"])}


@case(LIST + "ObjectVersions::test_list_objects_versions_markers")
def version_markers(bucket):
    bucket.versioned()
    first = stand_for(bucket, 9, "db3ec040e20dfc657dab510aeab74759")
    second = stand_for(bucket, 9, "d4ca1ed7571e2e7b1f1c375bd50fa220")
    keys = ("test_0", "test_1", "test_2")
    order = [bucket.put(key, first)["VersionId"] for key in keys] + [bucket.put(keys[2], second)["VersionId"]]
    order += [bucket.call("delete_object", key)["VersionId"] for key in keys]
    order += [bucket.put(key, second)["VersionId"] for key in keys[:2]]
    def page(**more):
        return bucket.call("list_object_versions", MaxKeys=1, **more)
    five = bucket.call("list_object_versions", MaxKeys=5)
    key, version = five["NextKeyMarker"], five["NextVersionIdMarker"]
    return {"version-order": {"Versions": [{"VersionId": one} for one in order]}, "list-objects-versions-all": bucket.call("list_object_versions"),
            "list-objects-versions-5": five, "list-objects-next-key-only": page(KeyMarker=key), "list-objects-next-key-last": page(KeyMarker=keys[2]),
            "list-objects-next-version-only": bucket.refused("list_object_versions", MaxKeys=1, VersionIdMarker=version),
            "list-objects-both-markers": page(KeyMarker=key, VersionIdMarker=version),
            "list-objects-last-key-last-version": page(KeyMarker=keys[2], VersionIdMarker=order[3]),
            "list-objects-next-key-empty": page(KeyMarker="")}


@case(CRUD + "test_list_object_versions_order_unversioned")
def unversioned(bucket):
    out = {"list-empty": bucket.call("list_object_versions")}
    for name, key in (("put-object", "a-test-object-1"), ("put-object-3", "c-test-object-3"), ("put-object-2", "b-test-object-2")):
        out[name] = bucket.put(key, key[2:].encode())
    return {**out, "list-object-versions": bucket.call("list_object_versions")}


@case(CRUD + "test_delete_object_on_suspended_bucket")
def suspended(bucket):
    key = "test-delete-suspended"
    bucket.versioned()
    out = {"put-object-0": bucket.put(key, stand_for(bucket, 14, "b8cb478d2b9408033ceb93aa90386661", "yAYCLA==")),
           "put-object-1": bucket.put(key, stand_for(bucket, 14, "066f1ebd4608b82ed545041ff2254d36", "vwEyug=="))}
    bucket.versioned("Suspended")
    def listed():
        return bucket.call("list_object_versions")
    out["list-suspended"], out["delete-object-no-version"] = listed(), bucket.call("delete_object", key)
    out["list-suspended-delete"] = listed()
    out["put-object-suspended"] = bucket.put(key, stand_for(bucket, 35, "195a8078a76b2922899312bf556585e1", "Hgr1MQ=="))
    out["list-suspended-put"], out["delete-object-no-version-after-put"] = listed(), bucket.call("delete_object", key)
    return {**out, "list-suspended-after-put": listed()}


@case(S3 + "test_delete_keys_in_versioned_bucket")
def delete_keys(bucket):
    key = "test-key-versioned"
    bucket.versioned()
    one, two = bucket.put(key, b"something")["VersionId"], bucket.put(key, b"something-v2")["VersionId"]
    def drop(*versions):
        return bucket.call("delete_objects", Delete={"Objects": [{"Key": key, **({"VersionId": one} if one else {})} for one in versions]})
    out = {"list-objects-v2": bucket.call("list_objects_v2"), "delete-object": drop(None), "list-object-version": bucket.call("list_object_versions"),
           "delete-object-version": drop(one, two), "list-objects-v2-after-delete": bucket.call("list_objects_v2"),
           "list-object-version-after-delete": bucket.call("list_object_versions")}
    out["delete-object-version"]["Deleted"].sort(key=lambda deleted: deleted["VersionId"] != one)
    return {**out, "delete-object-delete-marker": drop(out["delete-object"]["Deleted"][0]["DeleteMarkerVersionId"])}


@case(S3 + "test_s3_delete_object_with_version_id")
def delete_one_version(bucket):
    bucket.versioned()
    keys = ("aws/s3/testkey1.txt", "aws/s3/testkey2.txt")
    version = bucket.put(keys[0], b"x")["VersionId"]
    bucket.put(keys[1], stand_for(bucket, 960, "c289c6e309be295fe68af649d1e6c6ec"))
    out = {"get_bucket_versioning": bucket.call("get_bucket_versioning"),
           "delete_objects": bucket.call("delete_objects", Delete={"Objects": [{"Key": keys[0], "VersionId": version}]}),
           "list_object_versions_after_delete": bucket.call("list_object_versions")}
    return {**out, "get_bucket_versioning_suspended": bucket.versioned("Suspended").call("get_bucket_versioning")}


@case(S3 + "test_empty_bucket_fixture")
def emptied(bucket):
    keys = ("key0", "key1", "key2")
    for key in keys:
        bucket.put(key, b"123")
    out = {"list-obj": bucket.call("list_objects_v2")}
    bucket.call("delete_objects", Delete={"Objects": [{"Key": key} for key in keys]})
    return {**out, "list-obj-after-empty": bucket.call("list_objects_v2")}


for _strict in (True, False):
    @case(S3 + f"test_url_encoded_key[{_strict}]")
    def encoded_keys(bucket):
        for key, size, etag in (("test%40key", 24, "03dc4443b5f395b54d011fdb7d9e0ae1"), ("test%40key/", 12, "51a6065890415b4b299dec1aa33d712c"),
                                ("test@key/", 16, "b792145c4a8e8d9ac95d3c2f9f0ac42d")):
            body = stand_for(bucket, size, etag)
            bucket.put(key, body)
            assert bucket.read(key)["Body"] == body
        return {"list-object-encoded-char": bucket.call("list_objects_v2")}

    @case(S3 + f"test_object_with_slashes_in_key[{_strict}]")
    def slashes(bucket):
        for key, size, etag in (("/bar/foo/", 4, "098f6bcd4621d373cade4e832627b4f6"), ("/foo", 6, "3858f62230ac3c915f300c664312c63f"),
                                ("bar", 6, "96948aad3fcae80c08a35c9b5958cd89")):
            body = stand_for(bucket, size, etag)
            bucket.put(key, body)
            assert bucket.read(key)["Body"] == body
        return {"list-objects-slashes": bucket.call("list_objects_v2")}


@case(S3 + "test_put_get_object_single_character_trailing_slash")
def one_character(bucket):
    out = {}
    for key in ("a/", "t/", "u/"):
        out[f"put-object-single-char-{key}"] = bucket.put(key)
        out[f"get-object-single-char-{key}"] = bucket.read(key)
    return {**out, "list-objects-single-char": bucket.call("list_objects_v2")}


@case(S3 + "test_copy_object_special_character")
def copies_of_odd_keys(bucket):
    keys = ("file%2Fname", "test@key/", "test key/", "test key//", "a/%F0%9F%98%80/", "test+key")
    out = {}
    for key in keys:
        out[f"put-object-src-special-char-{key}"] = bucket.put(f"src/{key}")
        out[f"copy-object-special-char-{key}"] = bucket.call("copy_object", key, CopySource={"Bucket": bucket.name, "Key": f"src/{key}"})
    bucket.call("delete_objects", Delete={"Objects": [{"Key": f"src/{key}"} for key in keys]})
    return {**out, "list-object-copy-dest-special-char": bucket.call("list_objects_v2")}


# ---- what a write asks of what stands there --------------------------------------------------------------------------

@case(IF + "test_copy_object_if_none_match")
def copy_if_none(bucket):
    bucket.put("source-object", b"source content")
    return {"copy-obj": copied(bucket, IfNoneMatch="*"), "copy-obj-if-none-match-fail": copy_refused(bucket, IfNoneMatch="*")}


@case(IF + "test_copy_object_if_match")
def copy_if(bucket):
    bucket.put("source-object", b"source content")
    etag = bucket.put("dest-object", b"dest content")["ETag"]
    return {"copy-obj-if-match": copied(bucket, IfMatch=etag), "copy-obj-if-match-fail-wrong-etag": copy_refused(bucket, IfMatch=etag),
            "copy-obj-if-match-fail-no-object": copy_refused(bucket, "non-existent-key", IfMatch=etag)}


@case(IF + "test_copy_object_if_match_in_place")
def copy_if_in_place(bucket):
    etag = bucket.put("source-object", b"source content")["ETag"]
    return {"copy-obj-if-match-in-place": copied(bucket, "source-object", IfMatch=etag, MetadataDirective="REPLACE")}


@case(IF + "test_copy_object_if_none_match_versioned_bucket")
def copy_if_none_versioned(bucket):
    bucket.versioned().put("source-object", b"source content")
    out = {"copy-obj": copied(bucket, IfNoneMatch="*"), "copy-obj-if-none-match-fail": copy_refused(bucket, IfNoneMatch="*"),
           "del-obj": bucket.call("delete_object", "dest-object")}
    return {**out, "copy-obj-after-del": copied(bucket, IfNoneMatch="*"), "list-object-versions": bucket.call("list_object_versions")}


@case(IF + "test_put_object_if_match_versioned_bucket")
def put_if_versioned(bucket):
    bucket.versioned()
    first = bucket.put(KEY)
    bad = bucket.refused("put_object", KEY, IfMatch='"d41d8cd98f00b204e9800998ecf8427e"')
    deleted = bucket.call("delete_object", KEY)
    gone = bucket.refused("put_object", KEY, IfMatch=first["ETag"])
    again = bucket.put(KEY, stand_for(bucket, 14, "b022e6afbcd118faed117e3c2b6e7b19", "SbCV6g=="))
    then = bucket.put(KEY, stand_for(bucket, 13, "98e41c14fd4ec56bafc444346ecb74b7", "Dp3Z0w=="), IfMatch=again["ETag"])
    return {"put-obj": first, "put-obj-if-none-match-bad-value": bad, "del-obj": deleted, "put-obj-after-del-exc": gone,
            "put-obj-after-del": again, "put-obj-if-match": then, "list-object-versions": bucket.call("list_object_versions")}
