-- Everything that is no user, group, role or policy. What a column means by kind:
--
-- kind                 key            name          id           owner          status     number        body, more, secret
-- mfa                  serial (ARN)   device name   AIDA style   user id        enabled    last step     -, -, seed (sealed)
-- login                user id        -             -            user id        reset      session s     -, -, hash of password
-- old-password         user id/order  -             -            user id        -          -             -, -, hash
-- instance-profile     name, lower    name          AIPA...      role id or ''  -          -             -
-- server-certificate   name, lower    name          ASCA...      -              -          -             PEM, chain, key (sealed)
-- signing-certificate  id             -             id           user id        Active     -             PEM, fingerprint
-- ssh-key              APKA...        -             id           user id        Active     -             "ssh-rsa ...", fingerprint
-- service-credential   ACCA...        service user  id           user id        Active     days          service, alias, hash
-- oidc                 ARN            URL, no https -            -              -          -             client ids, thumbprints
-- saml                 ARN            name          UUID         -              Allowed    -             metadata, -, -
-- saml-key             id             -             id           provider ARN   -          -             -, -, private key (sealed)
-- setting, property    name           name          -            -              -          -             value
-- job, report, task    id             subject       -            -              kind       -             what it found
-- delegation           id             -             id           owner ARN      state      session s     JSON of the request
--
-- owner is '' where nobody owns it; lists in body and more have one item a line. Times: expires_ms 0: never; changed_ms is
-- when an MFA device was enabled, a password was set, metadata were updated. Sealed values are bound to "iam:KIND:KEY".
-- Tags hang on id, or on key where there is none.
CREATE TABLE iam_item (
  account TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
  name TEXT, id TEXT, path TEXT NOT NULL, owner TEXT NOT NULL, status TEXT, number BIGINT NOT NULL,
  created_ms BIGINT NOT NULL, changed_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL,
  body TEXT, more TEXT, secret BLOB,
  PRIMARY KEY (account, kind, key));
CREATE INDEX iam_item_owner ON iam_item (account, owner, kind, key);

-- Who called what when: one row per user, role or root (the account's number) and operation. service is as ARNs have it.
CREATE TABLE iam_access (
  account TEXT NOT NULL, owner TEXT NOT NULL, service TEXT NOT NULL, operation TEXT NOT NULL,
  used_ms BIGINT NOT NULL, region TEXT, PRIMARY KEY (account, owner, service, operation));
CREATE INDEX iam_access_service ON iam_access (account, service, used_ms);
