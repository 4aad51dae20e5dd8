-- When the events up to a position were acknowledged by Kafka: the relay notes each batch, the oldest are forgotten.
CREATE TABLE relay_published (
    topic text NOT NULL,
    up_to bigint NOT NULL,
    at    timestamptz NOT NULL,
    PRIMARY KEY (topic, up_to)
);
