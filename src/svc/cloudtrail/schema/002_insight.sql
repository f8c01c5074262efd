-- calls of an operation in an hour (of 60 periods), and the most in one of its periods; error empty: writes, else failures
CREATE TABLE cloudtrail_rate (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    error TEXT NOT NULL,
    hour BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    peak BIGINT NOT NULL,
    PRIMARY KEY (account, region, source, name, error, hour)
);

-- what is unusual at present
CREATE TABLE cloudtrail_insight (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    error TEXT NOT NULL,
    id TEXT NOT NULL,
    started BIGINT NOT NULL,
    last BIGINT NOT NULL,
    calls BIGINT NOT NULL,
    threshold BIGINT NOT NULL,
    baseline_calls BIGINT NOT NULL,
    baseline_periods BIGINT NOT NULL,
    PRIMARY KEY (account, region, source, name, error)
);
