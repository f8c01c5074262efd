-- the end of the chain's newest backfill digest
ALTER TABLE cloudtrail_chain ADD COLUMN backfill_ms BIGINT NOT NULL DEFAULT 0;
