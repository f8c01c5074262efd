-- Records read, by the account and source they tell of; day counts from 1970
CREATE TABLE guardduty_usage (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    day BIGINT NOT NULL,
    record_account TEXT NOT NULL,
    source TEXT NOT NULL,
    records BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (account, region, day, record_account, source)
);
CREATE INDEX guardduty_usage_seen ON guardduty_usage (account, region, record_account, day);
