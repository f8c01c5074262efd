-- Dashboards belong to the account, not to a Region.
CREATE TABLE cloudwatch_dashboard (
  account TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, modified_ms BIGINT NOT NULL,
  PRIMARY KEY (account, name));
