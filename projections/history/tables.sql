-- What held when, as known when: two time axes on every row.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE TABLE certificate (
    stream text   COLLATE "C" NOT NULL,
    key    bigint NOT NULL
);
COMMENT ON COLUMN certificate.key IS 'position of the first event: short, and the same after every rebuild';

CREATE TABLE period (
    certificate    bigint      NOT NULL,
    effective      daterange   NOT NULL,
    recorded_from  timestamptz NOT NULL,
    recorded_until timestamptz NOT NULL,
    position_from  bigint      NOT NULL,
    version        bigint      NOT NULL,
    status         text        NOT NULL,
    details        uuid        NOT NULL,
    state          json        NOT NULL
);
COMMENT ON TABLE period IS 'China days from which to which a state holds; recorded_until infinity is what is known now';

CREATE TABLE detail (
    certificate bigint NOT NULL,
    digest      uuid   NOT NULL,
    details     json   NOT NULL
);

CREATE TABLE standing (
    body           text        COLLATE "C" NOT NULL,
    effective      daterange   NOT NULL,
    recorded_from  timestamptz NOT NULL,
    recorded_until timestamptz NOT NULL,
    position_from  bigint      NOT NULL,
    version        bigint      NOT NULL,
    approved       boolean     NOT NULL,
    state          json        NOT NULL
);
COMMENT ON TABLE standing IS 'Whether a certification body was approved, on the same two axes';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
