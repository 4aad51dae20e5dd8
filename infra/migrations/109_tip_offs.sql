-- What the public tells of, outside the log, which forgets nothing: sealed under a key of its own, deleted when its days
-- are over. Only the role of the vault reads or writes it. `asked` and `said` are keyed digests, of what makes two
-- requests the same one, and of the whole content.
CREATE TABLE vault.tip_off (
    receipt  text COLLATE "C" PRIMARY KEY CHECK (octet_length(receipt) = 22),
    region   text COLLATE "C" NOT NULL CHECK (octet_length(region) = 6),
    received timestamptz NOT NULL,
    asked    bytea NOT NULL UNIQUE CHECK (octet_length(asked) = 32),
    said     bytea NOT NULL CHECK (octet_length(said) = 32),
    wrapped  bytea NOT NULL CHECK (octet_length(wrapped) BETWEEN 32 AND 4096),
    sealed   bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 28 AND 32768),
    state    text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'registered', 'not_pursued')),
    lead     text COLLATE "C",
    reason   text COLLATE "C",
    disposed_by text COLLATE "C",
    disposed timestamptz,
    CHECK ((state = 'registered') = (lead IS NOT NULL) AND (state = 'not_pursued') = (reason IS NOT NULL)),
    CHECK ((state = 'received') = (disposed IS NULL) AND (disposed IS NULL) = (disposed_by IS NULL))
);
CREATE INDEX tip_off_region ON vault.tip_off (region, received);
CREATE INDEX tip_off_received ON vault.tip_off (received);
GRANT SELECT, INSERT, DELETE, UPDATE (state, lead, reason, disposed_by, disposed) ON vault.tip_off TO certledger_vault;
