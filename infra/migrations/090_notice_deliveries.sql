-- Where parties want to be told beside their inbox. An address is nobody's to read but the operator's, and in no event.
CREATE TABLE notice_channel (
    party   text        COLLATE "C" NOT NULL,
    kind    text        NOT NULL CHECK (kind IN ('webhook', 'email')),
    address text        NOT NULL CHECK (octet_length(address) BETWEEN 3 AND 2048),
    through bigint[]    NOT NULL,
    added   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (party, kind, address)
);
COMMENT ON COLUMN notice_channel.through IS 'by lane (the first is lane 0), the position up to which every notice is queued';

-- One row for each notice and address, whatever is redelivered: its attempts, its end, and whether that is recorded.
CREATE TABLE notice_delivery (
    notice       text        COLLATE "C" NOT NULL,
    party        text        COLLATE "C" NOT NULL,
    kind         text        NOT NULL,
    address      text        NOT NULL,
    position     bigint      NOT NULL,
    attempts     int         NOT NULL DEFAULT 0,
    next_attempt timestamptz,
    delivered    timestamptz,
    recorded     boolean     NOT NULL DEFAULT false,
    failure      text,
    PRIMARY KEY (notice, kind, address)
);
COMMENT ON COLUMN notice_delivery.next_attempt IS 'null once delivered or given up';
CREATE INDEX notice_delivery_waiting ON notice_delivery (next_attempt) WHERE next_attempt IS NOT NULL;
CREATE INDEX notice_delivery_unrecorded ON notice_delivery (delivered) WHERE delivered IS NOT NULL AND NOT recorded;
