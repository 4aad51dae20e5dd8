-- How far each topic is filled. It saves reading after a restart; what the topic itself holds decides.
CREATE TABLE relay_bookmark (
    topic    text PRIMARY KEY,
    through  bigint NOT NULL,
    lanes    bigint[] NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One answer for each submission that came by Kafka, however often it was delivered; numbered in order of commits.
CREATE TABLE intake_receipts (
    position    bigint PRIMARY KEY,
    source      text  COLLATE "C" NOT NULL,
    event_id    text  COLLATE "C" NOT NULL,
    digest      bytea NOT NULL,
    outcome     text  NOT NULL CHECK (outcome IN ('recorded', 'refused')),
    body        bytea NOT NULL,
    traceparent text,
    stored_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (source, event_id, digest)
);
