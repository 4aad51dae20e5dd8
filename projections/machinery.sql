-- What every view keeps beside its own tables, in its own schema.

-- Up to which position each lane was seen, and the last event seen in it; moved only in the transaction of the rows.
CREATE TABLE IF NOT EXISTS bookmark (
    lane           int    PRIMARY KEY,
    position       bigint NOT NULL DEFAULT 0,
    event_position bigint NOT NULL DEFAULT 0
);
INSERT INTO bookmark (lane) SELECT generate_series(0, 11) ON CONFLICT DO NOTHING;

-- When positions became visible: one row a batch, with the bookmark of each lane that the batch moved.
CREATE TABLE IF NOT EXISTS visible (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    up_to bigint[] NOT NULL
);

-- The event at which this view stands still, until a release understands it.
CREATE TABLE IF NOT EXISTS quarantine (
    position bigint PRIMARY KEY,
    view     text NOT NULL,
    stream   text NOT NULL,
    error    text NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
