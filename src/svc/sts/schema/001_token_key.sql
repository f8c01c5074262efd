-- Keys that sign web identity tokens (GetWebIdentityToken); public is a SubjectPublicKeyInfo, secret the sealed PKCS #8.
CREATE TABLE sts_token_key (
  account TEXT NOT NULL, algorithm TEXT NOT NULL, id TEXT NOT NULL, public BLOB NOT NULL, secret BLOB NOT NULL,
  created_ms BIGINT NOT NULL, PRIMARY KEY (account, algorithm));
