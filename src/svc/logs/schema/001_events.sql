-- A group. id: what its rows go by, never used again. next_block, next_stream: the numbers of the next ones. span_ms: the longest
-- time between first and last event of any of its blocks. stored: bytes as PutLogEvents counts them. data_key: the number of the
-- logs_key under which new blocks are sealed; 0: none. retention: days, 0: for ever.
CREATE TABLE logs_group (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id BIGINT NOT NULL, class TEXT NOT NULL,
  created_ms BIGINT NOT NULL, retention BIGINT NOT NULL, kms_key TEXT, data_key BIGINT NOT NULL, protected BIGINT NOT NULL,
  next_block BIGINT NOT NULL, next_stream BIGINT NOT NULL, span_ms BIGINT NOT NULL, stored BIGINT NOT NULL,
  PRIMARY KEY (account, region, name));
CREATE UNIQUE INDEX logs_group_id ON logs_group (account, id);
CREATE INDEX logs_group_retention ON logs_group (retention);

-- Times are 0 where there was no event yet.
CREATE TABLE logs_stream (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, name TEXT NOT NULL, number BIGINT NOT NULL, created_ms BIGINT NOT NULL,
  first_ms BIGINT NOT NULL, last_ms BIGINT NOT NULL, ingested_ms BIGINT NOT NULL, stored BIGINT NOT NULL,
  PRIMARY KEY (account, log_group, name));
CREATE UNIQUE INDEX logs_stream_number ON logs_stream (account, log_group, number);
CREATE INDEX logs_stream_last ON logs_stream (account, log_group, last_ms, name);

-- The events of one PutLogEvents, in order (svc/logs/block.h). Numbers follow the order in which blocks were committed.
CREATE TABLE logs_block (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, block BIGINT NOT NULL, stream BIGINT NOT NULL, first_ms BIGINT NOT NULL,
  last_ms BIGINT NOT NULL, ingested_ms BIGINT NOT NULL, events BIGINT NOT NULL, bytes BIGINT NOT NULL, data_key BIGINT NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (account, log_group, block));
CREATE INDEX logs_block_first ON logs_block (account, log_group, first_ms, block, last_ms);
CREATE INDEX logs_block_stream_first ON logs_block (account, log_group, stream, first_ms, block, last_ms);
CREATE INDEX logs_block_stream_last ON logs_block (account, log_group, stream, last_ms, block, first_ms);

-- Data keys, enciphered by KMS. Those of earlier KMS keys stay: what they sealed stays readable as long as KMS opens them.
CREATE TABLE logs_key (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, number BIGINT NOT NULL, sealed BLOB NOT NULL,
  PRIMARY KEY (account, log_group, number));

-- Blocks whose group (stream 0) or stream was deleted, until they are swept.
CREATE TABLE logs_gone (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, stream BIGINT NOT NULL,
  PRIMARY KEY (account, log_group, stream));

-- resource: the group's ARN without ":*", or that of a destination or delivery.
CREATE TABLE logs_tag (
  account TEXT NOT NULL, resource TEXT NOT NULL, tag TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, resource, tag));
