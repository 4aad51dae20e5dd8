-- How far the policies have reacted to the events, by lane; it only moves forward.
CREATE TABLE policy_bookmark (
    lane     int    PRIMARY KEY,
    position bigint NOT NULL
);

-- What a policy submitted and the ledger refused: nothing waits unseen.
CREATE TABLE policy_refusal (
    source   text   NOT NULL,
    event_id text   NOT NULL,
    code     text   NOT NULL,
    cause    bigint NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, event_id)
);
COMMENT ON COLUMN policy_refusal.cause IS 'position of the event to which the policy reacted';
