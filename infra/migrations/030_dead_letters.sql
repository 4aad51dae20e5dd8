-- A record that never became a submission, laid aside with the answer that it was given; published once from here.
CREATE TABLE intake_dead_letters (
    position         bigint PRIMARY KEY REFERENCES intake_receipts (position),
    origin_topic     text COLLATE "C" NOT NULL,
    origin_partition integer NOT NULL,
    origin_offset    bigint  NOT NULL,
    reason           text    NOT NULL,
    size             bigint  NOT NULL,
    digest           bytea   NOT NULL,
    value            bytea   NOT NULL,
    stored_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
