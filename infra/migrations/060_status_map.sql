-- The verifiable map over the certificates' streams: which event is the latest of each. It follows from the log alone,
-- so what is here may be dropped and is made anew.
CREATE SCHEMA statusmap;

-- One row a tile and a size of the log at which it changed; `replaced` is the size from which a newer row holds.
CREATE TABLE statusmap.tile (
    path     bytea  NOT NULL CHECK (octet_length(path) < 64),
    size     bigint NOT NULL CHECK (size > 0),
    replaced bigint CHECK (replaced > size),
    children bytea  NOT NULL CHECK (octet_length(children) BETWEEN 33 AND 1296),
    PRIMARY KEY (path, size)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Hashes and digests: compressing them would only cost time.
ALTER TABLE statusmap.tile ALTER COLUMN children SET STORAGE EXTERNAL;
CREATE INDEX tile_replaced ON statusmap.tile (replaced) WHERE replaced IS NOT NULL;
CREATE INDEX tile_size ON statusmap.tile (size);

-- The roots that the log holds, each with the position of the event that records it.
CREATE TABLE statusmap.root (
    size     bigint PRIMARY KEY CHECK (size > 0),
    root     bytea  NOT NULL CHECK (octet_length(root) = 32),
    position bigint NOT NULL UNIQUE CHECK (position > size),
    recorded timestamptz NOT NULL
);

-- How far the map is; the root over so many entries.
CREATE TABLE statusmap.state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    size     bigint NOT NULL DEFAULT 0,
    root     bytea
);
INSERT INTO statusmap.state DEFAULT VALUES;

-- The follower reads the log and writes its own tables; nothing else. Where the migrating user may not make roles, the
-- operator makes this one first, or the follower works with the user of its URL.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_status_map') THEN
        CREATE ROLE certledger_status_map NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the whole server: another database's migration may be making it right now.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN RAISE NOTICE 'role certledger_status_map was not made: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_status_map')
       AND NOT pg_has_role(current_user, 'certledger_status_map', 'SET') THEN
        EXECUTE format('GRANT certledger_status_map TO %I WITH INHERIT FALSE, SET TRUE', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'role certledger_status_map was not granted: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_status_map') THEN
        GRANT USAGE ON SCHEMA statusmap, notary TO certledger_status_map;
        GRANT SELECT, INSERT, UPDATE (replaced), DELETE ON statusmap.tile TO certledger_status_map;
        GRANT SELECT, INSERT ON statusmap.root TO certledger_status_map;
        GRANT SELECT, UPDATE (size, root) ON statusmap.state TO certledger_status_map;
        GRANT SELECT ON notary.checkpoint TO certledger_status_map;
        GRANT SELECT (notification_id, originator_id, originator_version, topic, state, recorded_at, source, event_id)
            ON ledger_events TO certledger_status_map;
        CREATE POLICY status_map ON ledger_events FOR SELECT TO certledger_status_map USING (true);
    END IF;
END $$;

-- Names are hashed, and what the map holds is public by law: anybody's receipt is made from it.
GRANT USAGE ON SCHEMA statusmap TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA statusmap TO PUBLIC;
