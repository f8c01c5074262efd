-- A bucket's name is unique among all accounts, so tables of S3 begin with it instead of the account. versioning is '',
-- 'Enabled' or 'Suspended'; object_lock: it was made with object lock
CREATE TABLE s3_bucket (
    name TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    versioning TEXT NOT NULL,
    mfa_delete BIGINT NOT NULL,
    object_lock BIGINT NOT NULL
);
CREATE INDEX s3_bucket_account ON s3_bucket (account, name);

-- what a bucket's calls configure, one document each: kind is 'policy', 'acl', 'cors', 'encryption', 'lifecycle', 'logging',
-- 'notification', 'ownership', 'public-access', 'tagging', 'object-lock', 'inventory', ...; id where there are several, else ''
CREATE TABLE s3_bucket_setting (
    bucket TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (bucket, kind, id)
);

-- One version of an object, or a delete marker. place goes down: the newest version of a key has the smallest, and latest = 1.
-- version is 'null' or an id. headers, checksum, acl, tags, sse and parts are JSON; body holds a small object, else parts say
-- where it lies: blobs in order
CREATE TABLE s3_object (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    place BIGINT NOT NULL,
    version TEXT NOT NULL,
    latest BIGINT NOT NULL,
    marker BIGINT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    storage_class TEXT NOT NULL,
    owner TEXT NOT NULL,
    headers TEXT,
    checksum TEXT,
    acl TEXT,
    tags TEXT,
    lock_mode TEXT,
    retain_until_ms BIGINT NOT NULL,
    legal_hold BIGINT NOT NULL,
    sse TEXT,
    parts TEXT,
    body BLOB,
    PRIMARY KEY (bucket, name, place)
);
-- with latest in it, so that lists choose it
CREATE UNIQUE INDEX s3_object_latest ON s3_object (bucket, latest, name) WHERE latest = 1;
CREATE UNIQUE INDEX s3_object_version ON s3_object (bucket, name, version);

-- a multipart upload under way; what its object will bear is as in s3_object
CREATE TABLE s3_upload (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    upload TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    storage_class TEXT NOT NULL,
    owner TEXT NOT NULL,
    initiator TEXT NOT NULL,
    headers TEXT,
    checksum TEXT,
    acl TEXT,
    tags TEXT,
    lock_mode TEXT,
    retain_until_ms BIGINT NOT NULL,
    legal_hold BIGINT NOT NULL,
    sse TEXT,
    PRIMARY KEY (bucket, name, upload)
);
CREATE TABLE s3_part (
    upload TEXT NOT NULL,
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    modified_ms BIGINT NOT NULL,
    checksum TEXT,
    part TEXT NOT NULL,
    PRIMARY KEY (upload, number)
);

-- Every file among the blobs, and how many objects and parts consist of it. At 0 it goes, some time after freed_ms
CREATE TABLE s3_blob (
    id TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    uses BIGINT NOT NULL,
    freed_ms BIGINT NOT NULL
);
CREATE INDEX s3_blob_free ON s3_blob (freed_ms) WHERE uses = 0;

-- what an account says of all its buckets, through S3 Control: kind is 'public-access'
CREATE TABLE s3_account_setting (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (account, kind)
);
