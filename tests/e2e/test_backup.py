"""`yagura backup` while a server writes, and `yagura restore` into a folder that then serves."""

import json
import os
import shutil
import subprocess
import threading
import uuid

import pytest
import raw
from conftest import Yagura, binary

ON_POSTGRES = "YAGURA_TEST_STORE" in os.environ
on_sqlite = pytest.mark.skipif(ON_POSTGRES, reason="pg_dump is for PostgreSQL")


def run(*arguments, status=0):
    done = subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == status, (arguments, done)
    return done.stderr


class Writer:
    """Makes pairs of a user and a group of the same name, in that order, until told to stop."""

    def __init__(self, server):
        self.server, self.made, self.stopping = server, [], threading.Event()
        self.some = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self):
        with raw.Connection(self.server) as connection:
            while not self.stopping.is_set():
                name = f"pair-{uuid.uuid4().hex}"
                assert connection.ask(*raw.iam(self.server, "CreateUser", UserName=name)).status == 200
                assert connection.ask(*raw.iam(self.server, "CreateGroup", GroupName=name)).status == 200
                self.made.append(name)
                if len(self.made) % 20 == 0:
                    self.some.set()

    def __enter__(self):
        self.thread.start()
        return self

    def wait(self):
        """For twenty pairs more or so."""
        self.some.clear()
        assert self.some.wait(60)

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


def pages(client, operation, key, member):
    return {one[member] for page in client.get_paginator(operation).paginate() for one in page[key]}


def recorded(server):
    """Users whose making is on record."""
    asked = server.client("cloudtrail", "us-east-1").get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}])
    return {json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for page in asked for event in page["Events"]}


@pytest.fixture
def restored(tmp_path):
    """restored(backup) restores into a new folder and serves it."""
    made = []

    def serve(backup):
        data = tmp_path / f"restored-{len(made)}"
        run("restore", backup, "--data", data)
        made.append(Yagura(data).start())
        return made[-1]
    yield serve
    for server in made:
        server.stop()


@on_sqlite
def test_a_backup_taken_while_writing_is_whole(servers, restored, tmp_path):
    server = servers()
    guardduty = server.client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=["UnauthorizedAccess:EC2/TorClient"])
    backups, before = [], []
    with Writer(server) as writer:
        for i in range(3):
            writer.wait()
            before.append(list(writer.made))
            backups.append(tmp_path / f"backup-{i}")
            run("backup", backups[-1], "--data", server.data)
    for backup, made in zip(backups, before):
        for one in ("yagura.db", "root.key", "credentials", "manifest.json"):
            assert (backup / one).stat().st_mode & 0o077 == 0, one
        copy = restored(backup)
        assert copy.credentials == server.credentials
        iam = copy.client("iam")
        users = pages(iam, "list_users", "Users", "UserName") - {"admin"}
        groups = pages(iam, "list_groups", "Groups", "GroupName")
        assert set(made) <= groups <= users <= set(writer.made) | users
        assert len(users - groups) <= 1, "a group came before its user"
        found = copy.client("guardduty").list_findings(DetectorId=detector)["FindingIds"]
        assert found == guardduty.list_findings(DetectorId=detector)["FindingIds"]
        assert recorded(copy) == users, "the journal and the database are of one moment"
        iam.create_user(UserName="only-here")
    assert "only-here" not in pages(server.client("iam"), "list_users", "Users", "UserName")


@on_sqlite
def test_objects_come_back_with_their_bytes(servers, restored, tmp_path):
    """Small ones lie in the database, large ones in files, parts of an upload in several."""
    server = servers()
    s3 = server.client("s3", "us-east-1")
    s3.create_bucket(Bucket="kept-objects")
    bodies = {"small": b"x", "large": os.urandom(300_000), "parts": os.urandom(6_000_000)}
    for name in ("small", "large"):
        s3.put_object(Bucket="kept-objects", Key=name, Body=bodies[name])
    upload = {"Bucket": "kept-objects", "Key": "parts", "UploadId": s3.create_multipart_upload(Bucket="kept-objects", Key="parts")["UploadId"]}
    pieces = [bodies["parts"][:5 << 20], bodies["parts"][5 << 20:]]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=piece)["ETag"]} for n, piece in enumerate(pieces, 1)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    run("backup", tmp_path / "backup", "--data", server.data)
    for name in bodies:
        s3.delete_object(Bucket="kept-objects", Key=name)
    copy = restored(tmp_path / "backup").client("s3", "us-east-1")
    assert {one["Key"]: copy.get_object(Bucket="kept-objects", Key=one["Key"])["Body"].read()
            for one in copy.list_objects_v2(Bucket="kept-objects")["Contents"]} == bodies


@on_sqlite
def test_sessions_outlive_a_restore(servers, restored, tmp_path):
    server = servers()
    made = server.client("sts").get_session_token()["Credentials"]
    session = {"accessKeyId": made["AccessKeyId"], "secretAccessKey": made["SecretAccessKey"],
               "sessionToken": made["SessionToken"]}
    run("backup", tmp_path / "backup", "--data", server.data)
    copy = restored(tmp_path / "backup")
    assert raw.once(copy, *raw.sts(copy, credentials=session)).status == 200


@on_sqlite
def test_what_backup_and_restore_refuse(servers, tmp_path):
    server = servers()
    backup = tmp_path / "backup"
    assert "not a data folder" in run("backup", backup, "--data", tmp_path / "none", status=4)
    assert "cannot make the folder" in run("backup", tmp_path / "no" / "where", "--data", server.data, status=4)
    assert "name one folder" in run("backup", "--data", server.data, status=2)
    run("backup", backup, "--data", server.data)
    assert "exists" in run("backup", backup, "--data", server.data, status=4)
    assert "holds data already" in run("restore", backup, "--data", server.data, status=4)
    unfinished = tmp_path / "unfinished"
    shutil.copytree(backup, unfinished)
    (unfinished / "manifest.json").unlink()
    assert "not a finished backup" in run("restore", unfinished, "--data", tmp_path / "new", status=4)
    broken = tmp_path / "broken"
    shutil.copytree(backup, broken)
    (broken / "yagura.db").write_bytes(b"nothing like a database" * 500)
    assert run("restore", broken, "--data", tmp_path / "newer", status=4)
    assert not (tmp_path / "newer" / "yagura.db").exists()
    (broken / "yagura.db").unlink()
    assert "yagura.db" in run("restore", broken, "--data", tmp_path / "newest", status=4)
    run("restore", backup, "--data", tmp_path / "newest")
    assert json.loads((tmp_path / "newest" / "credentials").read_text()) == server.credentials


@pytest.mark.skipif(not ON_POSTGRES, reason="the store is SQLite")
def test_postgresql_is_left_to_pg_dump(servers, tmp_path):
    server = servers()
    words = run("backup", tmp_path / "backup", "--data", server.data, "--store", server.store, status=4)
    assert "pg_dump" in words
    assert not (tmp_path / "backup").exists()
