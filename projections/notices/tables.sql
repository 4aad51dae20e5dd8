-- Every notice and every request for spot check results, as its own facts say it now.
CREATE TABLE notice (
    stream       text   COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    version      bigint NOT NULL,
    opened       text   NOT NULL,
    kind         text   NOT NULL,
    sender       text   COLLATE "C" NOT NULL,
    recipient    text   COLLATE "C" NOT NULL,
    region       text,
    basis        text   NOT NULL,
    rule         text,
    mandatory    boolean NOT NULL,
    answer       boolean NOT NULL,
    statement    text   NOT NULL,
    about        text[] COLLATE "C" NOT NULL,
    cause        json,
    created      date   NOT NULL,
    recorded     timestamptz NOT NULL,
    due          date,
    sent         date,
    channels     text[] NOT NULL,
    acknowledged date,
    answered     date,
    outcome      text,
    reply        text,
    urged        int    NOT NULL,
    withdrawn    date,
    lane         int    NOT NULL,
    arrived      bigint NOT NULL,
    unit         text   COLLATE "C"
);
COMMENT ON COLUMN notice.arrived IS 'with lane: where in the events it came to be there, for those who bring it on';
COMMENT ON COLUMN notice.unit IS 'of the recipient: to which it was delivered, else for which it is';
COMMENT ON COLUMN notice.position IS 'of the event that created it: the order of an inbox';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
