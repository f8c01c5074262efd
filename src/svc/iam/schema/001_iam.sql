-- Users, groups and roles. key is the name in lower case: IAM names don't differ by case alone.
CREATE TABLE iam_entity (
  account TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  name TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL, created_ms BIGINT NOT NULL,
  description TEXT, trust TEXT, max_session BIGINT NOT NULL, boundary TEXT,
  PRIMARY KEY (account, kind, key));
CREATE UNIQUE INDEX iam_entity_id ON iam_entity (account, id);

-- What belongs to an entity or policy belongs to its id, which renaming doesn't change.
CREATE TABLE iam_tag (
  account TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, owner, key));
CREATE TABLE iam_inline (
  account TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (account, owner, key));
CREATE TABLE iam_attachment (
  account TEXT NOT NULL, owner TEXT NOT NULL, policy TEXT NOT NULL, PRIMARY KEY (account, owner, policy));
CREATE INDEX iam_attachment_policy ON iam_attachment (account, policy);
CREATE TABLE iam_member (
  account TEXT NOT NULL, team TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (account, team, member));
CREATE INDEX iam_member_of ON iam_member (account, member);

-- owner is a user's id, or the account itself for keys of its root; secret is sealed.
CREATE TABLE iam_access_key (
  account TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL, secret BLOB NOT NULL,
  created_ms BIGINT NOT NULL, used_ms BIGINT, used_service TEXT, used_region TEXT,
  PRIMARY KEY (account, id));
CREATE INDEX iam_access_key_owner ON iam_access_key (account, owner);

CREATE TABLE iam_policy (
  account TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, path TEXT NOT NULL, arn TEXT NOT NULL,
  description TEXT, default_version BIGINT NOT NULL, newest_version BIGINT NOT NULL,
  created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,
  PRIMARY KEY (account, key));
CREATE UNIQUE INDEX iam_policy_arn ON iam_policy (account, arn);
CREATE TABLE iam_policy_version (
  account TEXT NOT NULL, policy TEXT NOT NULL, version BIGINT NOT NULL, document TEXT NOT NULL,
  created_ms BIGINT NOT NULL, PRIMARY KEY (account, policy, version));

CREATE TABLE iam_alias (account TEXT NOT NULL, alias TEXT NOT NULL, PRIMARY KEY (account));
CREATE UNIQUE INDEX iam_alias_alias ON iam_alias (alias);
