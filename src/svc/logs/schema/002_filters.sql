-- Metric filters (kind 'metric') and subscription filters ('subscription'). document: as Describe shows it.
CREATE TABLE logs_filter (
  account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, log_group BIGINT NOT NULL,
  group_name TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (account, region, kind, name, log_group));
CREATE INDEX logs_filter_group ON logs_filter (account, log_group, kind, name);

-- Groups that have filters: the next block that they have not seen, and until when a server works at it.
CREATE TABLE logs_pump (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, next_block BIGINT NOT NULL, lease_ms BIGINT NOT NULL,
  PRIMARY KEY (account, log_group));
