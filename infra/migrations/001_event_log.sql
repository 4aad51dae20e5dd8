-- The truth: one row an event, in the order of commits. Positions are assigned under the table lock, without a gap.
CREATE TABLE ledger_events (
    originator_id      text   COLLATE "C" NOT NULL,
    originator_version bigint NOT NULL,
    topic              text   COLLATE "C" NOT NULL,
    state              bytea  NOT NULL,
    notification_id    bigint NOT NULL,
    source             text   COLLATE "C",
    event_id           text   COLLATE "C",
    digest             bytea,
    recorded_at        timestamptz NOT NULL,
    received_at        timestamptz,
    traceparent        text,
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX ledger_events_position ON ledger_events (notification_id) INCLUDE (recorded_at);
CREATE UNIQUE INDEX ledger_events_identity ON ledger_events (source, event_id);

-- Append-only for everybody: no statement edits or removes what was recorded (I-1).
CREATE FUNCTION ledger_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'recorded events are never changed or removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER ledger_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_events_are_append_only();

-- Other bytes that came under a recorded identity: evidence of equivocation beside the first.
CREATE TABLE ledger_equivocations (
    source         text NOT NULL,
    event_id       text NOT NULL,
    digest         bytea NOT NULL,
    event          bytea NOT NULL,
    first_position bigint NOT NULL,
    received_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (source, event_id, digest)
);

-- The row type by which the event-sourcing library hands over events.
CREATE TYPE stored_event_text AS (originator_id text, originator_version bigint, topic text, state bytea);
