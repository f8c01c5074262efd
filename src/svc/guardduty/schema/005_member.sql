-- account administers member; status is the API's RelationshipStatus
CREATE TABLE guardduty_member (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    member TEXT NOT NULL,
    email TEXT NOT NULL,
    status TEXT NOT NULL,
    invitation TEXT NOT NULL,
    invited_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, member)
);

-- The same relationship as the invited account sees it.
CREATE TABLE guardduty_invitation (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    administrator TEXT NOT NULL,
    status TEXT NOT NULL,
    invitation TEXT NOT NULL,
    invited_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, administrator)
);
