-- body is the finding in wire form; arn and service.detectorId in it are replaced by those of the region's detector when
-- it is shown. The other columns repeat what stands in it, for sorting and grouping.
CREATE TABLE guardduty_finding (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    severity DOUBLE PRECISION NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    first_ms BIGINT NOT NULL,
    last_ms BIGINT NOT NULL,
    times BIGINT NOT NULL,
    archived BIGINT NOT NULL,
    record_account TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, region, id)
);
CREATE INDEX guardduty_finding_updated ON guardduty_finding (account, region, updated_ms, id);
CREATE INDEX guardduty_finding_severity ON guardduty_finding (account, region, severity, id);
CREATE INDEX guardduty_finding_newest ON guardduty_finding (account, archived, updated_ms, id);
