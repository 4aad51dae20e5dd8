-- In which region each organisation is, by day; what is joined with it at reading has the jurisdiction of that day.
CREATE TABLE place (
    stream       text      COLLATE "C" NOT NULL,
    organisation text      COLLATE "C" NOT NULL,
    effective    daterange NOT NULL,
    region       text      NOT NULL
);

-- Organisations that are registered, with or without a certificate.
CREATE TABLE enterprise (
    stream       text   COLLATE "C" NOT NULL,
    organisation text   COLLATE "C" NOT NULL,
    code         text,
    name_zh      text   NOT NULL,
    name_en      text,
    position     bigint NOT NULL
);

-- Inspections and cases: who, about whom, where, and what was said of it last.
CREATE TABLE matter (
    stream       text   COLLATE "C" NOT NULL,
    family       text   NOT NULL,
    access       text   COLLATE "C" NOT NULL,
    authority    text   COLLATE "C" NOT NULL,
    party        text   COLLATE "C",
    region       text,
    region_stays boolean NOT NULL,
    opened       date   NOT NULL,
    kind         text,
    title        text,
    latest       text   NOT NULL,
    latest_day   date   NOT NULL,
    position     bigint NOT NULL
);
COMMENT ON COLUMN matter.region_stays IS 'the place of a violation does not move with the enterprise';
COMMENT ON COLUMN matter.latest IS 'type of the last fact along the effective timeline';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
