-- account is the management account wherever a table belongs to an organisation.
CREATE TABLE organizations_organization (
  account TEXT NOT NULL, id TEXT NOT NULL, root TEXT NOT NULL, features TEXT NOT NULL, types TEXT NOT NULL,
  created_ms BIGINT NOT NULL, PRIMARY KEY (account));

-- Accounts that are or were in an organisation; management is empty for one that has left. This is also where their names and
-- addresses are.
CREATE TABLE organizations_account (
  account TEXT NOT NULL, management TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
  email_key TEXT NOT NULL, status TEXT NOT NULL, method TEXT NOT NULL, joined_ms BIGINT NOT NULL, closed_ms BIGINT NOT NULL,
  PRIMARY KEY (account));
CREATE UNIQUE INDEX organizations_account_email ON organizations_account (email_key);
CREATE INDEX organizations_account_member ON organizations_account (management, account);
CREATE INDEX organizations_account_child ON organizations_account (management, parent, account);

CREATE TABLE organizations_unit (
  account TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (account, id));
CREATE UNIQUE INDEX organizations_unit_name ON organizations_unit (account, parent, name);

-- CreateAccount under way and done; made is the new account.
CREATE TABLE organizations_request (
  account TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL,
  made TEXT NOT NULL, failure TEXT NOT NULL, requested_ms BIGINT NOT NULL, completed_ms BIGINT NOT NULL,
  PRIMARY KEY (account, id));
CREATE INDEX organizations_request_state ON organizations_request (state);

CREATE TABLE organizations_policy (
  account TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  content TEXT NOT NULL, PRIMARY KEY (account, id));
CREATE UNIQUE INDEX organizations_policy_name ON organizations_policy (account, type, name);
CREATE TABLE organizations_attachment (
  account TEXT NOT NULL, policy TEXT NOT NULL, target TEXT NOT NULL, type TEXT NOT NULL, since_ms BIGINT NOT NULL,
  PRIMARY KEY (account, policy, target));
CREATE INDEX organizations_attachment_target ON organizations_attachment (account, target, type);

-- invited is the account asked, or the address when its account isn't known.
CREATE TABLE organizations_handshake (
  account TEXT NOT NULL, id TEXT NOT NULL, organization TEXT NOT NULL, action TEXT NOT NULL, state TEXT NOT NULL,
  party TEXT NOT NULL, invited TEXT NOT NULL, notes TEXT NOT NULL, parent TEXT NOT NULL, requested_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL, PRIMARY KEY (account, id));
CREATE UNIQUE INDEX organizations_handshake_id ON organizations_handshake (id);
CREATE INDEX organizations_handshake_invited ON organizations_handshake (invited);

CREATE TABLE organizations_trusted (
  account TEXT NOT NULL, principal TEXT NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (account, principal));
CREATE TABLE organizations_delegate (
  account TEXT NOT NULL, member TEXT NOT NULL, principal TEXT NOT NULL, since_ms BIGINT NOT NULL,
  PRIMARY KEY (account, member, principal));
CREATE TABLE organizations_resource_policy (
  account TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (account));
CREATE TABLE organizations_tag (
  account TEXT NOT NULL, resource TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (account, resource, key));
