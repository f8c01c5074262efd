-- What has a name and a document: metric and subscription filters (of a group), destinations, export tasks, policies, deliveries.
-- document: the model's own JSON. log_group: 0 where it belongs to none.
CREATE TABLE logs_item (
  account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, log_group BIGINT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (account, region, kind, name, log_group));
CREATE INDEX logs_item_group ON logs_item (account, log_group, kind, name);
CREATE INDEX logs_item_kind ON logs_item (kind);

-- Groups that have filters: the next block that they have not seen, and until when a server works at it.
CREATE TABLE logs_pump (
  account TEXT NOT NULL, log_group BIGINT NOT NULL, next_block BIGINT NOT NULL, lease_ms BIGINT NOT NULL,
  PRIMARY KEY (account, log_group));
