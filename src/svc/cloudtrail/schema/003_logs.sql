-- how far the journal has been sent to the trail's log group; 0: not begun
ALTER TABLE cloudtrail_delivery ADD COLUMN logs_place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cloudtrail_delivery ADD COLUMN logs_attempted_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cloudtrail_delivery ADD COLUMN logs_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cloudtrail_delivery ADD COLUMN logs_error TEXT NOT NULL DEFAULT '';
