-- The Merkle tree over the log (RFC 6962, C2SP tlog-tiles): leaf n is the row of position n + 1, its bytes as stored.
CREATE SCHEMA notary;

-- One row a tile, up to 256 hashes; a partial tile is a prefix of the row, so the row grows and what was there stays.
-- Leaves are hashed at random, so compressing them would only cost time.
CREATE TABLE notary.tile (
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    idx    bigint   NOT NULL CHECK (idx >= 0),
    hashes bytea    NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (level, idx)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000);
ALTER TABLE notary.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- Every signed checkpoint; rows and the tiles that they cover are written in one transaction.
CREATE TABLE notary.checkpoint (
    size   bigint PRIMARY KEY CHECK (size > 0),
    root   bytea NOT NULL CHECK (octet_length(root) = 32),
    note   text COLLATE "C" NOT NULL CHECK (octet_length(note) <= 262144),
    signed timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What witnesses signed of them: `line` is the whole signature line of the note, its line feed included.
CREATE TABLE notary.cosignature (
    size     bigint NOT NULL REFERENCES notary.checkpoint,
    name     text COLLATE "C" NOT NULL CHECK (octet_length(name) <= 255),
    key_id   bytea NOT NULL CHECK (octet_length(key_id) = 4),
    line     text COLLATE "C" NOT NULL CHECK (octet_length(line) <= 16384),
    received timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (size, name, key_id)
);

-- Why nothing is signed any more, until somebody who takes responsibility for it says that it may go on.
CREATE TABLE notary.alarm (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    findings jsonb NOT NULL,
    raised   timestamptz NOT NULL DEFAULT clock_timestamp(),
    cleared  timestamptz,
    reason   text CHECK (cleared IS NULL OR length(reason) BETWEEN 1 AND 1000)
);

-- Where the scrubber is on its way through the whole store, and how often it came to the end.
CREATE TABLE notary.scrub (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    through  bigint NOT NULL DEFAULT 0,
    passes   bigint NOT NULL DEFAULT 0,
    finished timestamptz
);
INSERT INTO notary.scrub DEFAULT VALUES;

CREATE FUNCTION notary.tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.level <> OLD.level OR NEW.idx <> OLD.idx
       OR substr(NEW.hashes, 1, octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'tile %/% does not begin with what was there', OLD.level, OLD.idx
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tile_grows BEFORE UPDATE ON notary.tile FOR EACH ROW EXECUTE FUNCTION notary.tile_grows();

CREATE FUNCTION notary.is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was signed is never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER tile_is_kept BEFORE DELETE OR TRUNCATE ON notary.tile
    FOR EACH STATEMENT EXECUTE FUNCTION notary.is_kept();
CREATE TRIGGER checkpoint_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON notary.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION notary.is_kept();
CREATE TRIGGER cosignature_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON notary.cosignature
    FOR EACH STATEMENT EXECUTE FUNCTION notary.is_kept();

-- The notary reads the log, adds to its own tables and lets tiles grow; nothing else. Where the migrating user may not
-- make roles, the operator makes this one first, or the notary works with the user of its URL.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_notary') THEN
        CREATE ROLE certledger_notary NOLOGIN;
    END IF;
EXCEPTION
    -- Roles belong to the whole server: another database's migration may be making it right now.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN RAISE NOTICE 'role certledger_notary was not made: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_notary')
       AND NOT pg_has_role(current_user, 'certledger_notary', 'SET') THEN
        EXECUTE format('GRANT certledger_notary TO %I WITH INHERIT FALSE, SET TRUE', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN RAISE NOTICE 'role certledger_notary was not granted: %', SQLERRM;
END $$;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_notary') THEN
        GRANT USAGE ON SCHEMA notary TO certledger_notary;
        GRANT SELECT ON ALL TABLES IN SCHEMA notary TO certledger_notary;
        GRANT INSERT, UPDATE (hashes) ON notary.tile TO certledger_notary;
        GRANT INSERT ON notary.checkpoint, notary.cosignature TO certledger_notary;
        GRANT INSERT (findings) ON notary.alarm TO certledger_notary;
        GRANT UPDATE (through, passes, finished) ON notary.scrub TO certledger_notary;
        GRANT SELECT (notification_id, state, recorded_at) ON ledger_events TO certledger_notary;
        -- Whoever computes the tree reads every entry, whatever its class of visibility.
        CREATE POLICY notary ON ledger_events FOR SELECT TO certledger_notary USING (true);
    END IF;
END $$;

-- What the log publishes to everybody, whatever role a reader's connection has; why it stopped is for operators.
GRANT USAGE ON SCHEMA notary TO PUBLIC;
GRANT SELECT ON notary.tile, notary.checkpoint, notary.cosignature, notary.scrub TO PUBLIC;
GRANT SELECT (number, raised, cleared) ON notary.alarm TO PUBLIC;
