-- Archiving filters that can hide high or critical findings; acknowledged_ms 0: nobody has said that this is meant
CREATE TABLE guardduty_hiding (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    filter TEXT NOT NULL,
    since_ms BIGINT NOT NULL,
    reason TEXT NOT NULL,
    acknowledged_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, filter)
);

-- Findings that a filter archived as they came
CREATE TABLE guardduty_hidden (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    finding TEXT NOT NULL,
    filter TEXT NOT NULL,
    severity DOUBLE PRECISION NOT NULL,
    hidden_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, finding)
);
CREATE INDEX guardduty_hidden_filter ON guardduty_hidden (account, region, filter, severity);
