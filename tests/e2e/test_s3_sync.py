"""`aws s3 sync`: a folder into a bucket, what changed of it, and back. YAGURA_SYNC_FILES says of how many files (120)."""

import filecmp
import os
import random
import subprocess

import pytest

COUNT = int(os.environ.get("YAGURA_SYNC_FILES", "120"))
pytestmark = pytest.mark.skipif(bool(os.environ.get("YAGURA_FEW") or os.environ.get("YAGURA_TEST_STORE")), reason="in the release flavour, on SQLite")


def make_files(folder):
    chance = random.Random(1)
    for number in range(COUNT):
        path = folder / f"{number % 100:03}" / f"{number:05} ö+%.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice((0, 200, 2000, 20000))))


def sync(server, *words):
    """What was done, a word for each file."""
    done = subprocess.run(["aws", "s3", "sync", "--no-progress", *map(str, words)], env=server.environment(), text=True,
                          capture_output=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return sorted(line.split(":")[0] for line in done.stdout.splitlines())


def files_of(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_a_folder_goes_up_changes_and_comes_down(yagura, tmp_path):
    source, back = tmp_path / "source", tmp_path / "back"
    make_files(source)
    yagura.client("s3", "us-east-1").create_bucket(Bucket="synchronised")
    bucket = "s3://synchronised/logs"
    assert sync(yagura, source, bucket) == ["upload"] * COUNT
    assert sync(yagura, source, bucket) == []
    first, second, third = sorted(files_of(source))[:3]
    (source / first).unlink()
    (source / second).write_text("changed, and of another size")
    (source / third.parent / "new.log").write_text("new")
    assert sync(yagura, source, bucket, "--delete") == ["delete", "upload", "upload"]
    assert sync(yagura, bucket, back) == ["download"] * COUNT
    assert files_of(back) == files_of(source)
    _, different, unreadable = filecmp.cmpfiles(source, back, files_of(source), shallow=False)
    assert not different and not unreadable
