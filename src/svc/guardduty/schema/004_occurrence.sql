-- Which events a finding has counted, so that a log read again changes nothing: the finding itself lists only the newest.
CREATE TABLE guardduty_occurrence (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    finding TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (account, region, finding, event)
);
