-- position is the API's Rank: 1 up, without gaps; criteria is the JSON of FindingCriteria
CREATE TABLE guardduty_filter (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    action TEXT NOT NULL,
    position BIGINT NOT NULL,
    criteria TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);
