-- Every edge as it was known: ``start`` came from ``finish`` in a relation, on these days, as known in this time.
CREATE TABLE edge (
    start       text        COLLATE "C" NOT NULL,
    relation    text        COLLATE "C" NOT NULL,
    finish      text        COLLATE "C" NOT NULL,
    effective   daterange   NOT NULL,
    known_from  timestamptz NOT NULL,
    known_until timestamptz NOT NULL,
    stream      text        COLLATE "C" NOT NULL,
    version     bigint      NOT NULL,
    position    bigint      NOT NULL,
    access      text        COLLATE "C" NOT NULL,
    source      text        COLLATE "C" NOT NULL
);
COMMENT ON COLUMN edge.version IS 'with stream: the event that states the edge; position is that of the event from which it was known';
COMMENT ON COLUMN edge.known_until IS 'when a later event took it back or gave it other days; infinity where none did';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
