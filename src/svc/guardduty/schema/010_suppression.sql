-- Filters made from a finding by `yagura suppress`: they end by themselves
CREATE TABLE guardduty_suppression (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    filter TEXT NOT NULL,
    finding TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL,
    PRIMARY KEY (account, region, filter)
);
CREATE INDEX guardduty_suppression_expires ON guardduty_suppression (expires_ms);
