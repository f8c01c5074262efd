-- uploads that became objects: a repeated CompleteMultipartUpload gets the same answer, for a day
CREATE TABLE s3_upload_done (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    upload TEXT NOT NULL,
    version TEXT NOT NULL,
    etag TEXT NOT NULL,
    done_ms BIGINT NOT NULL,
    PRIMARY KEY (bucket, name, upload)
);
CREATE INDEX s3_upload_done_age ON s3_upload_done (done_ms);
CREATE INDEX s3_upload_age ON s3_upload (bucket, created_ms);

-- What seals the bodies of objects: one key for each bucket and time, sealed under the root key; or, of KMS, a bucket key as
-- KMS sealed it, for a key of KMS and a caller
CREATE TABLE s3_key (
    bucket TEXT NOT NULL,
    id TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (bucket, id)
);
