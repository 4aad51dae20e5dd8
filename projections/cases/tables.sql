-- Every case and lead as it stands, with what its lists and the statistics table ask of it.
CREATE TABLE case_file (
    stream         text   COLLATE "C" NOT NULL,
    authority      text   COLLATE "C" NOT NULL,
    region         text   COLLATE "C",
    target         text   COLLATE "C",
    target_kind    text,
    phase          text   NOT NULL,
    lead           text,
    title          text,
    violation      text,
    violations     text[] COLLATE "C" NOT NULL,
    key_products   text[] COLLATE "C" NOT NULL,
    priority       boolean NOT NULL,
    severity       text,
    procedure      text,
    registered     date,
    opened         date,
    closed         date,
    outcome        text,
    major          date,
    major_reported date,
    supervised_by  text[] COLLATE "C" NOT NULL,
    supervised_due date,
    transferred    text,
    reviewed       boolean NOT NULL,
    merged_into    text,
    leads          text[] COLLATE "C" NOT NULL,
    causes         json   NOT NULL,
    report_due     date,
    counted_on     date,
    counted        json,
    version        bigint NOT NULL,
    position       bigint NOT NULL,
    state          json   NOT NULL
);
COMMENT ON COLUMN case_file.reviewed IS 'whether every decision rests on the legal unit''s approval; true where there is none';
COMMENT ON COLUMN case_file.report_due IS 'last day in time for the report to the national register, where one is owed';
COMMENT ON COLUMN case_file.counted_on IS 'day on which the case counts in the statistics table';

-- What was asked of bodies and others as evidence; they read this and nothing else of the case.
CREATE TABLE request (
    stream   text COLLATE "C" NOT NULL,
    number   text NOT NULL,
    asked    text COLLATE "C" NOT NULL,
    what     text NOT NULL,
    since    date NOT NULL,
    due      date,
    answered date
);

-- What of a decision is published: everybody reads it.
CREATE TABLE published (
    stream          text   COLLATE "C" NOT NULL,
    authority       text   COLLATE "C" NOT NULL,
    document_number text   NOT NULL,
    party           text   NOT NULL,
    violation       text   NOT NULL,
    penalties       text[] NOT NULL,
    amount          text,
    legal_basis     json   NOT NULL,
    decided         date   NOT NULL,
    published       date   NOT NULL,
    until           date,
    position        bigint NOT NULL
);

-- Every review of the case's file (案卷评查) with what was found; a training names it by source and event.
CREATE TABLE file_review (
    stream   text   COLLATE "C" NOT NULL,
    source   text   COLLATE "C" NOT NULL,
    event_id text   COLLATE "C" NOT NULL,
    reviewed date   NOT NULL,
    unit     text   NOT NULL,
    findings text[] NOT NULL
);

-- Every finding of an inspection; what became of it is joined at reading, in whatever order it arrived.
CREATE TABLE finding (
    stream       text   COLLATE "C" NOT NULL,
    finding      text   COLLATE "C" NOT NULL,
    found_by     text   COLLATE "C" NOT NULL,
    source       text   COLLATE "C" NOT NULL,
    event_id     text   COLLATE "C" NOT NULL,
    organisation text   COLLATE "C" NOT NULL,
    region       text   COLLATE "C",
    grade        text   NOT NULL,
    code         text   COLLATE "C",
    found        date   NOT NULL,
    due          date,
    closed       date,
    certificates text[] COLLATE "C" NOT NULL,
    responsible  text   COLLATE "C"
);
COMMENT ON COLUMN finding.responsible IS 'stream of the body or organisation that answers for it (S2-18)';

COMMENT ON COLUMN finding.code IS 'what was found: the kind of violation, else the clause; findings alike have the same';

CREATE TABLE rectification (
    stream       text   COLLATE "C" NOT NULL,
    inspection   text   COLLATE "C" NOT NULL,
    finding      text   COLLATE "C" NOT NULL,
    organisation text   COLLATE "C",
    region       text   COLLATE "C",
    severity     text,
    phase        text   NOT NULL,
    cause        text,
    opened       date,
    due          date,
    admonished   date[] NOT NULL,
    failed       date,
    outstanding  text[] COLLATE "C" NOT NULL,
    case_stream  text   COLLATE "C",
    closed       date,
    disposition  text,
    disposed     boolean NOT NULL,
    version      bigint NOT NULL,
    position     bigint NOT NULL
);
COMMENT ON COLUMN rectification.outstanding IS 'certificates on which the issuing body owes a decision';

-- Calls for returns, requests for instruction, major accidents; and who owes a return.
CREATE TABLE report (
    stream   text   COLLATE "C" NOT NULL,
    kind     text   NOT NULL,
    what     text,
    owner    text   COLLATE "C" NOT NULL,
    addressee text  COLLATE "C",
    title    text   NOT NULL,
    since    date   NOT NULL,
    due      date,
    answered date,
    position bigint NOT NULL
);
CREATE TABLE owed (
    stream     text COLLATE "C" NOT NULL,
    party      text COLLATE "C" NOT NULL,
    due        date NOT NULL,
    submitted  date,
    built_from text[] COLLATE "C" NOT NULL
);

-- Areas that are listed for rectification.
CREATE TABLE area (
    stream          text COLLATE "C" NOT NULL,
    region          text COLLATE "C" NOT NULL,
    listed          date NOT NULL,
    delisted        date,
    document_number text NOT NULL,
    problem         text NOT NULL,
    due             date,
    listed_by       text NOT NULL
);

-- Every referral, with what became of it in its own stream; and the cases that were opened on one, in theirs.
CREATE TABLE referral (
    stream      text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    region      text COLLATE "C",
    referred_by text COLLATE "C" NOT NULL,
    referred_to text COLLATE "C" NOT NULL,
    unit        text COLLATE "C",
    referred    date NOT NULL,
    reason      text NOT NULL,
    accepted    date,
    returned    date
);
CREATE TABLE taken_up (
    stream    text COLLATE "C" NOT NULL,
    referral  text COLLATE "C" NOT NULL,
    authority text COLLATE "C" NOT NULL,
    opened    date NOT NULL
);

-- Every periodic bulletin: everybody reads it. Which are missing follows from the calendar when it is asked for.
CREATE TABLE bulletin (
    stream          text   COLLATE "C" NOT NULL,
    authority       text   COLLATE "C" NOT NULL,
    region          text   COLLATE "C",
    period          text   COLLATE "C" NOT NULL,
    stated          text   NOT NULL,
    document_number text   NOT NULL,
    title           text   NOT NULL,
    issued          date   NOT NULL,
    position        bigint NOT NULL
);
COMMENT ON COLUMN bulletin.period IS 'the one spelling of the period that was stated, such as 2031-Q1';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
