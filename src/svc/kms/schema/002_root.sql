-- Which root key sealed this store: one row. Changed in the transaction that seals everything anew.
CREATE TABLE kms_root (fingerprint TEXT NOT NULL);
