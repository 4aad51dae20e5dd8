-- Each bureau's archive of an organisation, for each span of days on which it was surveyed or open.
CREATE TABLE dossier (
    stream        text      COLLATE "C" NOT NULL,
    owner         text      COLLATE "C" NOT NULL,
    organisation  text      COLLATE "C" NOT NULL,
    region        text      NOT NULL,
    is_open       boolean   NOT NULL,
    effective     daterange NOT NULL,
    product_kinds text[]    COLLATE "C" NOT NULL
);

CREATE TABLE custodian (
    stream       text      COLLATE "C" NOT NULL,
    owner        text      COLLATE "C" NOT NULL,
    organisation text      COLLATE "C" NOT NULL,
    officer      text      COLLATE "C" NOT NULL,
    effective    daterange NOT NULL
);

-- Who holds, makes or produces under a certificate that is in force, by day; an overdue end is worked out at reading.
CREATE TABLE certified (
    stream        text      COLLATE "C" NOT NULL,
    organisation  text      COLLATE "C" NOT NULL,
    role          text      NOT NULL,
    is_producer   boolean   NOT NULL,
    name_zh       text      NOT NULL,
    region        text,
    scheme_class  text      NOT NULL,
    product_class text,
    effective     daterange NOT NULL
);
COMMENT ON COLUMN certified.is_producer IS 'the producer; the factory where none is named, the holder where neither is';
COMMENT ON COLUMN certified.effective IS 'days on which the certificate was valid or suspended, not beyond its last day';

CREATE TABLE place (
    stream    text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    region    text      NOT NULL
);

CREATE TABLE visit (
    stream       text    COLLATE "C" NOT NULL,
    organisation text    COLLATE "C" NOT NULL,
    region       text    NOT NULL,
    mode         text    NOT NULL,
    is_patrol    boolean NOT NULL,
    day          date    NOT NULL,
    access       text    COLLATE "C" NOT NULL
);

CREATE TABLE problem (
    stream       text COLLATE "C" NOT NULL,
    problem      text COLLATE "C" NOT NULL,
    organisation text COLLATE "C" NOT NULL,
    region       text NOT NULL,
    kind         text NOT NULL,
    grade        text,
    clause       text,
    found        date NOT NULL,
    due          date,
    closed       date,
    access       text COLLATE "C" NOT NULL
);

-- Events of other streams that take up the problems of an inspection: all of them, or one.
CREATE TABLE handling (
    stream     text COLLATE "C" NOT NULL,
    inspection text COLLATE "C" NOT NULL,
    problem    text COLLATE "C",
    day        date NOT NULL,
    access     text COLLATE "C" NOT NULL
);

CREATE TABLE class (
    stream     text      COLLATE "C" NOT NULL,
    owner      text      COLLATE "C" NOT NULL,
    subject    text      COLLATE "C" NOT NULL,
    purpose    text      NOT NULL,
    class_code text      NOT NULL,
    score      int       NOT NULL,
    effective  daterange NOT NULL,
    version    bigint    NOT NULL,
    said       json      NOT NULL
);
COMMENT ON COLUMN class.said IS 'the data of the event: rules by version and digest, factors, inputs';

CREATE TABLE rule_set (
    stream    text      COLLATE "C" NOT NULL,
    owner     text      COLLATE "C" NOT NULL,
    name      text      COLLATE "C" NOT NULL,
    version   text      NOT NULL,
    purpose   text      NOT NULL,
    effective daterange NOT NULL,
    digest    text      NOT NULL,
    rules     json      NOT NULL
);

CREATE TABLE key_entry (
    stream          text      COLLATE "C" NOT NULL,
    owner           text      COLLATE "C" NOT NULL,
    list            text      COLLATE "C" NOT NULL,
    kind            text      NOT NULL,
    entry           text      COLLATE "C" NOT NULL,
    effective       daterange NOT NULL,
    interval_months int,
    reason          text      NOT NULL,
    category        text,
    risk_level      text,
    maturity        text,
    basis           text      NOT NULL
);

CREATE TABLE key_issue (
    stream    text      COLLATE "C" NOT NULL,
    owner     text      COLLATE "C" NOT NULL,
    list      text      COLLATE "C" NOT NULL,
    version   text      NOT NULL,
    document  text      NOT NULL,
    effective daterange NOT NULL
);
COMMENT ON COLUMN key_issue.effective IS 'days on which this version is the one in force';

-- What speaks against a certification body, under the one of five sources of control that it comes from.
CREATE TABLE adverse (
    stream    text   COLLATE "C" NOT NULL,
    version   bigint NOT NULL,
    body      text   COLLATE "C" NOT NULL,
    control   text   NOT NULL,
    type      text   NOT NULL,
    source    text   COLLATE "C" NOT NULL,
    event_id  text   COLLATE "C" NOT NULL,
    day       date   NOT NULL,
    ended     date,
    said      text[] NOT NULL,
    access    text   COLLATE "C" NOT NULL
);
COMMENT ON COLUMN adverse.ended IS 'day on which a complaint was found groundless';

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
