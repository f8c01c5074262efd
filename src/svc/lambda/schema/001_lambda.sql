-- number is 0 for $LATEST; config is the JSON of FunctionConfiguration without its environment, which is sealed;
-- basis says what a version is made of, so that publishing the same twice makes one version
CREATE TABLE lambda_function (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    config TEXT NOT NULL,
    environment BLOB,
    code TEXT NOT NULL,
    basis TEXT NOT NULL,
    PRIMARY KEY (account, region, name, number)
);
-- what belongs to a function or layer besides: kind says what, part which of them, body is JSON
CREATE TABLE lambda_item (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    part TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account, region, name, kind, part)
);
-- archives by their SHA-256, in hex
CREATE TABLE lambda_code (
    account TEXT NOT NULL,
    digest TEXT NOT NULL,
    archive BLOB NOT NULL,
    PRIMARY KEY (account, digest)
);
-- asynchronous invocations that are still owed
CREATE TABLE lambda_event (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    call TEXT NOT NULL,
    payload BLOB NOT NULL,
    tries BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    next_ms BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX lambda_event_due ON lambda_event (next_ms);
