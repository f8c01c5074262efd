-- What a trail delivered on a day, by the selector that took it: events and their bytes. Category "File": files, and their
-- bytes as they lie in the bucket. bucket: of S3's data events; else empty.
CREATE TABLE cloudtrail_usage (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    day_ms BIGINT NOT NULL,
    selector TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    bucket TEXT NOT NULL,
    events BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (account, region, name, day_ms, selector, category, source, bucket)
);
CREATE INDEX cloudtrail_usage_day ON cloudtrail_usage (day_ms);
