"""CloudWatch Logs through boto3."""

import time

import pytest

from test_iam import allow, credentials, name, plain as iam, refused, user  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def logs(yagura):
    return yagura.client("logs")


@pytest.fixture
def group(logs):
    made = name("/app/group")
    logs.create_log_group(logGroupName=made, tags={"team": "red"})
    yield made
    logs.delete_log_group(logGroupName=made)


@pytest.fixture
def stream(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    return group


def now():
    return int(time.time() * 1000)


def put(logs, group, messages, stream="s", at=None):
    at = at or now()
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
        {"timestamp": at + i, "message": message} for i, message in enumerate(messages)])


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_groups_are_made_listed_and_deleted(logs):
    first, second = name("/list/a"), name("/list/b")
    for one in (first, second):
        logs.create_log_group(logGroupName=one)
    with refused("ResourceAlreadyExistsException", "The specified log group already exists"):
        logs.create_log_group(logGroupName=first)
    found = logs.describe_log_groups(logGroupNamePrefix="/list/", limit=1)
    assert [g["logGroupName"] for g in found["logGroups"]] == [min(first, second)]
    rest = logs.describe_log_groups(logGroupNamePrefix="/list/", nextToken=found["nextToken"])
    assert [g["logGroupName"] for g in rest["logGroups"]] == [max(first, second)] and "nextToken" not in rest
    for one in (first, second):
        logs.delete_log_group(logGroupName=one)
    assert logs.describe_log_groups(logGroupNamePattern="list/")["logGroups"] == []


def test_what_was_put_is_read_both_ways(logs, stream):
    at = now() - 5000
    put(logs, stream, [f"line {i}" for i in range(10)], at=at)
    head = logs.get_log_events(logGroupName=stream, logStreamName="s", startFromHead=True, limit=4)
    assert messages(head) == ["line 0", "line 1", "line 2", "line 3"]
    rest = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=head["nextForwardToken"])
    assert messages(rest) == [f"line {i}" for i in range(4, 10)]
    end = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=rest["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == rest["nextForwardToken"]
    put(logs, stream, ["late"], at=at + 100)
    more = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=end["nextForwardToken"])
    assert messages(more) == ["late"]
    tail = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=3)
    assert messages(tail) == ["line 8", "line 9", "late"]
    before = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=5, nextToken=tail["nextBackwardToken"])
    assert messages(before) == [f"line {i}" for i in range(3, 8)]
    first = logs.get_log_events(logGroupName=stream, logStreamName="s", limit=5, nextToken=before["nextBackwardToken"])
    assert messages(first) == ["line 0", "line 1", "line 2"]
    none = logs.get_log_events(logGroupName=stream, logStreamName="s", nextToken=first["nextBackwardToken"])
    assert none["events"] == [] and none["nextBackwardToken"] == first["nextBackwardToken"]
    window = logs.get_log_events(logGroupName=stream, logStreamName="s", startTime=at + 2, endTime=at + 4, startFromHead=True)
    assert messages(window) == ["line 2", "line 3"]
    shown = logs.describe_log_streams(logGroupName=stream)["logStreams"][0]
    assert (shown["firstEventTimestamp"], shown["lastEventTimestamp"]) == (at, at + 100)
    stored = logs.describe_log_groups(logGroupNamePrefix=stream)["logGroups"][0]["storedBytes"]
    assert stored == 10 * (6 + 26) + 4 + 26


def test_filtered_events_of_all_streams_come_in_order(logs, stream):
    logs.create_log_stream(logGroupName=stream, logStreamName="t")
    at = now() - 60000
    put(logs, stream, [f"{'ERROR' if i % 3 == 0 else 'ok'} s{i}" for i in range(30)], at=at)
    put(logs, stream, [f"{'ERROR' if i % 5 == 0 else 'ok'} t{i}" for i in range(30)], stream="t", at=at + 7)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=stream, filterPattern="ERROR", PaginationConfig={"PageSize": 3})
    found = [event for page in pages for event in page["events"]]
    assert len(found) == 16 and [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found)
    assert len({e["eventId"] for e in found}) == 16
    only = logs.filter_log_events(logGroupName=stream, logStreamNamePrefix="t", filterPattern="ERROR", startTime=at + 8)
    assert messages(only) == ["ERROR t5", "ERROR t10", "ERROR t15", "ERROR t20", "ERROR t25"]
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.filter_log_events(logGroupName=stream, nextToken="unknown")
    logs.delete_log_stream(logGroupName=stream, logStreamName="t")
    assert len(logs.filter_log_events(logGroupName=stream)["events"]) == 30


def test_batches_that_break_a_rule(logs, stream):
    at = now()
    with refused("InvalidParameterException", "Log events in a single PutLogEvents request must be in chronological order."):
        logs.put_log_events(logGroupName=stream, logStreamName="s", logEvents=[
            {"timestamp": at, "message": "a"}, {"timestamp": at - 1, "message": "b"}])
    with refused("InvalidParameterException", "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."):
        logs.put_log_events(logGroupName=stream, logStreamName="s", logEvents=[
            {"timestamp": at - 86400001, "message": "a"}, {"timestamp": at, "message": "b"}])
    with refused("InvalidParameterException", "Upload too large: 1048577 bytes exceeds limit of 1048576"):
        put(logs, stream, ["x" * (1048576 - 26 - 26), "y"])
    put(logs, stream, ["x" * (1048576 - 26 - 26 - 1), "y"])
    day = 86400000
    old = put(logs, stream, ["old"], at=at - 15 * day)
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    new = put(logs, stream, ["new"], at=at + 3 * 3600 * 1000)
    assert new["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0} and new["nextSequenceToken"]
    with refused("ResourceNotFoundException", "The specified log stream does not exist."):
        put(logs, stream, ["x"], stream="missing")
    with refused("ResourceNotFoundException", "The specified log group does not exist."):
        put(logs, "missing", ["x"])


def test_a_batch_of_ten_thousand(logs, stream):
    put(logs, stream, [f"event number {i} of many" for i in range(10000)], at=now() - 20000)
    found = [e for page in logs.get_paginator("filter_log_events").paginate(logGroupName=stream) for e in page["events"]]
    assert len(found) == 10000 and found[-1]["message"] == "event number 9999 of many"
