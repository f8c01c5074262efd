-- A metric: dimensions are a JSON array of [name, value], sorted by name; id is a digest of all that names it.
CREATE TABLE cloudwatch_metric (
  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  dimensions TEXT NOT NULL, last_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, id));
CREATE INDEX cloudwatch_metric_last ON cloudwatch_metric (last_ms);

-- Data of a span of time in one row (chunk.h): level 0 holds seconds, 1 minutes, 2 five minutes, 3 hours.
CREATE TABLE cloudwatch_chunk (
  account TEXT NOT NULL, region TEXT NOT NULL, metric TEXT NOT NULL, level BIGINT NOT NULL, start_ms BIGINT NOT NULL,
  unit TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (account, region, metric, level, start_ms, unit));
CREATE INDEX cloudwatch_chunk_age ON cloudwatch_chunk (level, start_ms);

-- config: the input of the Put call as JSON. metric: id of the one metric it watches; absent: an expression, or composite.
CREATE TABLE cloudwatch_alarm (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, composite BIGINT NOT NULL, config TEXT NOT NULL,
  metric TEXT, configured_ms BIGINT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, reason_data TEXT,
  updated_ms BIGINT NOT NULL, transitioned_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, name));
CREATE INDEX cloudwatch_alarm_metric ON cloudwatch_alarm (account, region, metric);

-- History outlives the alarm. number orders what happened in the same millisecond.
CREATE TABLE cloudwatch_history (
  account TEXT NOT NULL, region TEXT NOT NULL, at_ms BIGINT NOT NULL, number BIGINT NOT NULL, alarm TEXT NOT NULL,
  composite BIGINT NOT NULL, kind TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (account, region, at_ms, number));
CREATE INDEX cloudwatch_history_alarm ON cloudwatch_history (account, region, alarm, at_ms, number);
CREATE INDEX cloudwatch_history_age ON cloudwatch_history (at_ms);

-- What alarms still have to do: call target with payload.
CREATE TABLE cloudwatch_action (
  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, alarm TEXT NOT NULL, composite BIGINT NOT NULL,
  target TEXT NOT NULL, payload TEXT NOT NULL, created_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, id));
CREATE INDEX cloudwatch_action_age ON cloudwatch_action (created_ms);

CREATE TABLE cloudwatch_tag (
  account TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, resource, key));
