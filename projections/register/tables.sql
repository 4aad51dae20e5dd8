-- What is known now: one row a certificate, as of its latest effective fact and without the clock.
CREATE TABLE certificate (
    stream           text     COLLATE "C" NOT NULL,
    body             text     COLLATE "C" NOT NULL,
    number           text     NOT NULL,
    scheme_class     text,
    project_code     text,
    product_class    text,
    holder_key       text     COLLATE "C",
    holder_code      text,
    holder_name_zh   text,
    holder_name_en   text,
    producer_key     text     COLLATE "C",
    factory_key      text     COLLATE "C",
    region           text,
    status           text     NOT NULL,
    since            date,
    issued           date,
    expires          date,
    suspended_until  date,
    reason_table     text,
    reason_code      text,
    ended_by         text,
    annulled         boolean  NOT NULL,
    last_surveillance date,
    head_signed      boolean  NOT NULL,
    pending_from     date,
    version          bigint   NOT NULL,
    position         bigint   NOT NULL,
    recorded         timestamptz NOT NULL,
    first_position   bigint   NOT NULL,
    last_effective   date,
    last_version     bigint,
    held             json     NOT NULL,
    state            json     NOT NULL,
    details          json     NOT NULL
);
COMMENT ON COLUMN certificate.pending_from IS 'first day, after the day of recording, on which a recorded fact takes effect';
COMMENT ON COLUMN certificate.last_effective IS 'with last_version: the last fact of the effective timeline';
COMMENT ON COLUMN certificate.held IS 'facts that wait, each with the rule that says for what';

-- The standing of bodies, persons and organisations, as of the latest effective fact.
CREATE TABLE standing (
    stream   text   COLLATE "C" NOT NULL,
    family   text   NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    held     json   NOT NULL,
    state    json   NOT NULL
);

-- Refused applications, apart from what the public reads, and never in its way.
CREATE TABLE refused (LIKE certificate);

-- The standing of inspections and cases, which the public does not read.
CREATE TABLE supervision (LIKE standing);

-- From which day to which each body was approved; what is joined at reading cannot depend on the order of arrival.
CREATE TABLE body_standing (
    stream    text      COLLATE "C" NOT NULL,
    body      text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    approved  boolean   NOT NULL
);

-- National spot checks that a certificate's product failed: a short-notice audit is due within 30 days.
CREATE TABLE sample_failure (
    stream      text COLLATE "C" NOT NULL,
    certificate text COLLATE "C" NOT NULL,
    sample      text NOT NULL,
    failed      date NOT NULL,
    due         date NOT NULL
);

CREATE TABLE finding_open (
    stream      text COLLATE "C" NOT NULL,
    certificate text COLLATE "C" NOT NULL,
    finding     text NOT NULL,
    grade       text NOT NULL,
    found       date NOT NULL,
    due         date
);

CREATE TABLE case_open (
    stream      text COLLATE "C" NOT NULL,
    certificate text COLLATE "C" NOT NULL,
    opened      date NOT NULL,
    violation   text NOT NULL
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
