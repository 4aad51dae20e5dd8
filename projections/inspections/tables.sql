-- One row an inspection, from its plan to the filed record; no clock: what is overdue is told when asked.
CREATE TABLE inspection (
    stream        text   COLLATE "C" NOT NULL,
    access        text   COLLATE "C" NOT NULL,
    subject       text   COLLATE "C",
    region        text   NOT NULL,
    mode          text   NOT NULL,
    programme     text,
    stage         text,
    status        text   NOT NULL,
    is_planned    boolean NOT NULL,
    planned_by    text,
    planned       date,
    due           date,
    under         text   COLLATE "C",
    draw          text   COLLATE "C",
    catalogue     text,
    planning_region text,
    cause         text,
    targets       json,
    performed_by  text,
    performed     date,
    result        text,
    recorded      date,
    forms         json,
    filed         date,
    cancelled     date,
    serious       date,
    position      bigint NOT NULL
);
COMMENT ON COLUMN inspection.access IS 'class in the table of visibility: a plan until it is performed';
COMMENT ON COLUMN inspection.is_planned IS 'false: it was performed without a plan, ad hoc';
COMMENT ON COLUMN inspection.serious IS 'day of its latest major finding or failed sample';

CREATE TABLE unit (
    stream     text COLLATE "C" NOT NULL,
    access     text COLLATE "C" NOT NULL,
    unit       text COLLATE "C" NOT NULL,
    role       text NOT NULL,
    named      date NOT NULL,
    accepts    boolean,
    answered   date,
    department text
);

CREATE TABLE sample (
    stream       text COLLATE "C" NOT NULL,
    subject      text COLLATE "C",
    mode         text NOT NULL,
    sample       text NOT NULL,
    product      text,
    models       text,
    batch        text,
    stage        text,
    certificates text[] COLLATE "C" NOT NULL,
    level        text,
    laboratory   text,
    taken        date,
    tested       date,
    report       text,
    resulted     date,
    passed       boolean,
    grave        boolean,
    calibration  json
);

CREATE TABLE feedback (
    stream  text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    kind    text NOT NULL,
    number  int  NOT NULL,
    said    date NOT NULL,
    text    text NOT NULL
);

CREATE TABLE finding (
    stream    text COLLATE "C" NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    finding   text NOT NULL,
    grade     text NOT NULL,
    violation text,
    stage     text,
    standard  text,
    clause    text,
    tags      text[] NOT NULL,
    found     date NOT NULL,
    due       date,
    closed    date,
    responsible text COLLATE "C"
);

CREATE TABLE assistance (
    stream   text COLLATE "C" NOT NULL,
    request  text NOT NULL,
    asked_by text COLLATE "C" NOT NULL,
    unit     text COLLATE "C" NOT NULL,
    asked    date NOT NULL,
    text     text NOT NULL,
    answered date,
    provided boolean
);

CREATE TABLE recognition (
    stream text COLLATE "C" NOT NULL,
    unit   text COLLATE "C" NOT NULL,
    plan   text COLLATE "C" NOT NULL,
    since  date NOT NULL,
    until  date NOT NULL
);

-- What everybody may know of a draw before its results are published; whether it was made is not in it.
CREATE TABLE draw (
    stream          text COLLATE "C" NOT NULL,
    organiser       text COLLATE "C" NOT NULL,
    title           text NOT NULL,
    population      text NOT NULL,
    mode            text NOT NULL,
    region          text NOT NULL,
    take            int  NOT NULL,
    inspectors_each int  NOT NULL,
    algorithm       text NOT NULL,
    status          text NOT NULL,
    announced       date NOT NULL,
    inspectees      int  NOT NULL,
    inspectors      int  NOT NULL,
    committed       date,
    seed_commitment text,
    contributions   int  NOT NULL,
    published       date,
    abandoned       date
);

CREATE TABLE drawn (
    stream     text COLLATE "C" NOT NULL,
    access     text COLLATE "C" NOT NULL,
    number     int  NOT NULL,
    inspectee  text COLLATE "C" NOT NULL,
    inspectors text[] COLLATE "C" NOT NULL,
    inspection text COLLATE "C",
    outcome    text
);
COMMENT ON COLUMN drawn.access IS 'for the authorities until draw and results are published';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
