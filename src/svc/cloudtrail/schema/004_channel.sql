-- destinations is the API's list; what came last through a channel: attempted (id, time, error) and taken
CREATE TABLE cloudtrail_channel (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    destinations TEXT NOT NULL,
    policy TEXT,
    attempt_id TEXT NOT NULL,
    attempt_ms BIGINT NOT NULL,
    attempt_error TEXT NOT NULL,
    success_id TEXT NOT NULL,
    success_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, id),
    UNIQUE (account, region, name)
);
