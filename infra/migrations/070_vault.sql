-- What personal fields say, apart from the events that hold their digests: sealed, under a key for each person. The role
-- of the vault alone reads it; nobody logs in as that role.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_vault') THEN
        BEGIN
            CREATE ROLE certledger_vault NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
        EXCEPTION
            -- Roles belong to the whole server: another database's migration may be making it right now.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '缺少角色 certledger_vault / the role certledger_vault is missing'
                    USING HINT = format('CREATE ROLE certledger_vault NOLOGIN; GRANT certledger_vault TO %I;', current_user),
                          ERRCODE = 'insufficient_privilege';
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'certledger_vault', 'SET') THEN
        BEGIN
            EXECUTE format('GRANT certledger_vault TO %I WITH SET TRUE, INHERIT FALSE', current_user);
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION '% 不得以角色 certledger_vault 行事 / % may not act as certledger_vault',
                    current_user, current_user
                    USING HINT = format('GRANT certledger_vault TO %I WITH SET TRUE, INHERIT FALSE;', current_user),
                          ERRCODE = 'insufficient_privilege';
        END;
    END IF;
END $$;

CREATE SCHEMA vault;
REVOKE ALL ON SCHEMA vault FROM PUBLIC;

-- A person has a random pseudonym and a data key; `reference` is a keyed digest of the source's own name of the person,
-- by which several events come to share one key.
CREATE TABLE vault.person (
    pseudonym uuid  PRIMARY KEY DEFAULT gen_random_uuid(),
    reference bytea UNIQUE CHECK (octet_length(reference) = 32),
    wrapped   bytea NOT NULL CHECK (octet_length(wrapped) BETWEEN 32 AND 4096)
);

-- One row a field; what is sealed is the whole disclosure, salt included.
CREATE TABLE vault.disclosure (
    source   text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    digest   text COLLATE "C" NOT NULL CHECK (octet_length(digest) = 43),
    path     text COLLATE "C" NOT NULL,
    person   uuid NOT NULL REFERENCES vault.person,
    sealed   bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 28 AND 16384),
    stored   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, event_id, digest)
);
CREATE INDEX disclosure_person ON vault.disclosure (person);

-- The events that say what was erased: written down in the transaction that erases, recorded in the ledger after it.
CREATE TABLE vault.erasure (
    event_id text COLLATE "C" PRIMARY KEY,
    event    bytea NOT NULL,
    made     timestamptz NOT NULL DEFAULT clock_timestamp(),
    position bigint CHECK (position > 0)
);
CREATE INDEX erasure_pending ON vault.erasure (made) WHERE position IS NULL;

-- What was erased never comes back, whoever submits it again.
CREATE TABLE vault.erased (
    source   text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    digest   text COLLATE "C" NOT NULL,
    PRIMARY KEY (source, event_id, digest)
);

GRANT USAGE ON SCHEMA vault TO certledger_vault;
GRANT SELECT, INSERT, DELETE, UPDATE (wrapped) ON vault.person TO certledger_vault;
GRANT SELECT, INSERT, DELETE, UPDATE (sealed) ON vault.disclosure TO certledger_vault;
GRANT SELECT, INSERT, UPDATE (position) ON vault.erasure TO certledger_vault;
GRANT SELECT, INSERT ON vault.erased TO certledger_vault;
