-- document is the API's Trail; selectors and insights what PutEventSelectors and PutInsightSelectors were given
CREATE TABLE cloudtrail_trail (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    organization TEXT NOT NULL,
    document TEXT NOT NULL,
    selectors TEXT,
    insights TEXT,
    created_ms BIGINT NOT NULL,
    logging BIGINT NOT NULL,
    started_ms BIGINT NOT NULL,
    stopped_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);

-- how far the journal has been delivered; planned: to where the files under way reach, of which time
CREATE TABLE cloudtrail_delivery (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    place BIGINT NOT NULL,
    planned BIGINT NOT NULL,
    planned_ms BIGINT NOT NULL,
    attempted_ms BIGINT NOT NULL,
    delivered_ms BIGINT NOT NULL,
    error TEXT NOT NULL,
    digest_ms BIGINT NOT NULL,
    digest_error TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);

-- log files that no digest names yet
CREATE TABLE cloudtrail_file (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    log_account TEXT NOT NULL,
    log_region TEXT NOT NULL,
    object TEXT NOT NULL,
    bucket TEXT NOT NULL,
    hash TEXT NOT NULL,
    oldest_ms BIGINT NOT NULL,
    newest_ms BIGINT NOT NULL,
    written_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, name, object)
);

-- the last digest of each chain
CREATE TABLE cloudtrail_chain (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    log_account TEXT NOT NULL,
    log_region TEXT NOT NULL,
    end_ms BIGINT NOT NULL,
    bucket TEXT NOT NULL,
    object TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (account, region, name, log_account, log_region)
);

-- account is the server's first; sealed is the private half
CREATE TABLE cloudtrail_key (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sealed BLOB NOT NULL,
    from_ms BIGINT NOT NULL,
    to_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, fingerprint)
);

CREATE TABLE cloudtrail_tag (
    account TEXT NOT NULL,
    resource TEXT NOT NULL,
    tag TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, resource, tag)
);
