-- Keys. state is what was asked for last; times may have made it another (a deletion date or material's expiry has passed).
CREATE TABLE kms_key (
  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
  spec TEXT NOT NULL, usage TEXT NOT NULL, origin TEXT NOT NULL, manager TEXT NOT NULL, state TEXT NOT NULL,
  description TEXT NOT NULL, policy TEXT NOT NULL, created_ms BIGINT NOT NULL,
  deletion_ms BIGINT NOT NULL, deletion_days BIGINT NOT NULL,
  multi_region TEXT NOT NULL, primary_region TEXT NOT NULL,
  material TEXT NOT NULL, expires_ms BIGINT NOT NULL, expiration TEXT NOT NULL, store TEXT NOT NULL,
  rotation_days BIGINT NOT NULL, rotation_ms BIGINT NOT NULL, on_demand BIGINT NOT NULL,
  due_ms BIGINT, -- when time changes something next; NULL: never
  PRIMARY KEY (account, region, id));
CREATE INDEX kms_key_due ON kms_key (due_ms);

-- Key material, sealed under the root key; of a custom key store the label of the key in the token. position is the order.
CREATE TABLE kms_material (
  account TEXT NOT NULL, region TEXT NOT NULL, key_id TEXT NOT NULL, id TEXT NOT NULL,
  position BIGINT NOT NULL, sealed BLOB, state TEXT NOT NULL, description TEXT,
  expires_ms BIGINT NOT NULL, rotated_ms BIGINT NOT NULL, rotation TEXT NOT NULL,
  PRIMARY KEY (account, region, key_id, id));

CREATE TABLE kms_alias (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, key_id TEXT NOT NULL,
  created_ms BIGINT NOT NULL, updated_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, name));
CREATE INDEX kms_alias_key ON kms_alias (account, region, key_id);

-- constraints is JSON: {"EncryptionContextEquals": {...}} or {"EncryptionContextSubset": {...}}, "SourceArn".
CREATE TABLE kms_grant (
  account TEXT NOT NULL, region TEXT NOT NULL, key_id TEXT NOT NULL, id TEXT NOT NULL,
  name TEXT, grantee TEXT NOT NULL, grantee_service BIGINT NOT NULL, retiring TEXT, retiring_service BIGINT NOT NULL,
  operations TEXT NOT NULL, constraints TEXT, issuer TEXT NOT NULL, created_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, key_id, id));
CREATE INDEX kms_grant_grantee ON kms_grant (account, region, key_id, grantee);
CREATE INDEX kms_grant_retiring ON kms_grant (region, retiring, id);

CREATE TABLE kms_tag (
  account TEXT NOT NULL, region TEXT NOT NULL, key_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, region, key_id, name));

-- password is the PIN of the token, sealed.
CREATE TABLE kms_store (
  account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, cluster TEXT NOT NULL,
  certificate TEXT, password BLOB NOT NULL, state TEXT NOT NULL, created_ms BIGINT NOT NULL,
  PRIMARY KEY (account, region, id));
CREATE UNIQUE INDEX kms_store_name ON kms_store (account, region, name);
