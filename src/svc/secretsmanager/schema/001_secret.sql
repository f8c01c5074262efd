-- A secret and, when primary_region is another Region than its own, a replica. Times that are absent are 0.
CREATE TABLE secretsmanager_secret (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL,
  description TEXT, kms_key TEXT, kind TEXT, policy TEXT, owner TEXT, primary_region TEXT,
  created_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, accessed_ms BIGINT NOT NULL, deleted_ms BIGINT NOT NULL,
  rotates BIGINT NOT NULL, function TEXT, days BIGINT NOT NULL, schedule TEXT, duration TEXT,
  rotated_ms BIGINT NOT NULL, opens_ms BIGINT NOT NULL, closes_ms BIGINT NOT NULL, tagged BIGINT NOT NULL,
  PRIMARY KEY (account, region, name));
CREATE UNIQUE INDEX secretsmanager_secret_arn ON secretsmanager_secret (account, arn);
CREATE INDEX secretsmanager_secret_opens ON secretsmanager_secret (rotates, opens_ms);
CREATE INDEX secretsmanager_secret_deleted ON secretsmanager_secret (deleted_ms);

-- value is sealed under the data key, data_key by KMS; both absent: a version that a rotation has yet to fill.
CREATE TABLE secretsmanager_version (
  account TEXT NOT NULL, secret TEXT NOT NULL, id TEXT NOT NULL, created_ms BIGINT NOT NULL, accessed_ms BIGINT NOT NULL,
  kms_key TEXT, data_key BLOB, value BLOB, text BIGINT NOT NULL,
  PRIMARY KEY (account, secret, id));
CREATE TABLE secretsmanager_stage (
  account TEXT NOT NULL, secret TEXT NOT NULL, stage TEXT NOT NULL, version TEXT NOT NULL,
  PRIMARY KEY (account, secret, stage));
CREATE TABLE secretsmanager_tag (
  account TEXT NOT NULL, secret TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, secret, key));

CREATE TABLE secretsmanager_replica (
  account TEXT NOT NULL, secret TEXT NOT NULL, region TEXT NOT NULL, kms_key TEXT, status TEXT NOT NULL, message TEXT,
  PRIMARY KEY (account, secret, region));

-- Rotations under way. proof: the RotationToken that the function is given; check_only: testSecret alone, and nothing is kept.
CREATE TABLE secretsmanager_rotation (
  account TEXT NOT NULL, secret TEXT NOT NULL, version TEXT NOT NULL, proof TEXT NOT NULL, check_only BIGINT NOT NULL,
  step BIGINT NOT NULL, tries BIGINT NOT NULL, next_ms BIGINT NOT NULL, started_ms BIGINT NOT NULL,
  PRIMARY KEY (account, secret));
CREATE INDEX secretsmanager_rotation_next ON secretsmanager_rotation (next_ms);
