-- States of the map at older roots are kept: `oldest` is the size of the first root whose state is still whole.
ALTER TABLE statusmap.state ADD COLUMN oldest bigint NOT NULL DEFAULT 0;
UPDATE statusmap.state SET oldest = coalesce((SELECT max(size) FROM statusmap.root), 0);
CREATE INDEX root_recorded ON statusmap.root (recorded);
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_status_map') THEN
        GRANT UPDATE (oldest) ON statusmap.state TO certledger_status_map;
    END IF;
END $$;
