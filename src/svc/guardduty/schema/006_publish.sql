-- Where findings are exported to; failed_ms 0: it works
CREATE TABLE guardduty_destination (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    arn TEXT NOT NULL,
    kms_key TEXT NOT NULL,
    bucket_owner TEXT NOT NULL,
    status TEXT NOT NULL,
    failed_ms BIGINT NOT NULL,
    token TEXT NOT NULL,
    PRIMARY KEY (account, region, id)
);

-- When a finding last went out; waiting: it was repeated since
CREATE TABLE guardduty_publish (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    finding TEXT NOT NULL,
    published_ms BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    PRIMARY KEY (account, region, finding)
);
CREATE INDEX guardduty_publish_waiting ON guardduty_publish (account, region, waiting, published_ms);

-- Wall clock of the last change: retention must not take event time for it.
ALTER TABLE guardduty_finding ADD COLUMN stored_ms BIGINT NOT NULL DEFAULT 0;
