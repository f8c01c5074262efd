-- kind is the end of the ARN before the id: ipset, threatintelset, trustedentityset, threatentityset. turn counts changes, so that
-- whoever loads a list knows that it is still the one asked for. A deleted list stays as DELETED: clients wait for that.
CREATE TABLE guardduty_list (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    location TEXT NOT NULL,
    bucket_owner TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT NOT NULL,
    token TEXT NOT NULL,
    turn BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, id)
);

-- What an active list held when it was activated.
CREATE TABLE guardduty_list_content (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (account, region, id)
);
