CREATE TABLE guardduty_detector (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    frequency TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    token TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    PRIMARY KEY (account, region)
);

-- name is a feature, or feature/additional configuration
CREATE TABLE guardduty_feature (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);

-- resource is the end of the ARN: detector/ID or detector/ID/filter/NAME
CREATE TABLE guardduty_tag (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    resource TEXT NOT NULL,
    tag TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, region, resource, tag)
);
