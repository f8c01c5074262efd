-- account is the organisation's management account: who administers GuardDuty for it in a region, what becomes of its
-- accounts (NEW, ALL, NONE), and which features those get ("S3_DATA_EVENTS=NEW ...").
CREATE TABLE guardduty_organization (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    administrator TEXT NOT NULL,
    members TEXT NOT NULL,
    features TEXT NOT NULL,
    PRIMARY KEY (account, region)
);
CREATE INDEX guardduty_organization_administrator ON guardduty_organization (administrator, region);
