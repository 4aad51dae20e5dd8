-- Every signing key that was ever registered, with its end where it has one.
CREATE TABLE key (
    stream            text   COLLATE "C" NOT NULL,
    owner             text   COLLATE "C" NOT NULL,
    algorithm         text   NOT NULL,
    public_key        text   NOT NULL,
    registered_by     text   NOT NULL,
    position          bigint NOT NULL,
    registered        timestamptz NOT NULL,
    valid_from        timestamptz,
    valid_until       timestamptz,
    ended             timestamptz,
    ended_by          text,
    ended_position    bigint,
    reason            text,
    compromised_since timestamptz
);
COMMENT ON COLUMN key.ended IS 'when its revocation or compromise was recorded: it signs nothing from then on';

-- Statements that their source counted: its own number, the digest of the bytes, and that of the one before.
CREATE TABLE link (
    source    text   COLLATE "C" NOT NULL,
    sequence  bigint NOT NULL,
    position  bigint NOT NULL,
    digest    text   NOT NULL,
    previous  text,
    stream    text   NOT NULL,
    version   bigint NOT NULL,
    event_id  text   NOT NULL,
    recorded  timestamptz NOT NULL,
    signed_by json   NOT NULL
);
