-- Accounts that joined or left, for services to follow; gone once they have.
CREATE TABLE organizations_news (
  id IDENTITY, account TEXT NOT NULL, member TEXT NOT NULL, email TEXT NOT NULL, joined BIGINT NOT NULL);
