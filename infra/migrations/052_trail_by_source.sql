-- A party's own feed walks the trail by source. Where the view is there already it gets the index that new ones have.
DO $$
BEGIN
    IF to_regclass('trail.trail') IS NOT NULL THEN
        CREATE INDEX IF NOT EXISTS trail_source ON trail.trail (source, position);
    END IF;
END $$;
