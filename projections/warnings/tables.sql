-- Every risk with the day and the instant of recording of each stage.
CREATE TABLE risk (
    stream   text   COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    author   text   COLLATE "C" NOT NULL,
    region   text   NOT NULL,
    text     text   NOT NULL,
    about    text[] COLLATE "C" NOT NULL,
    stage    text   NOT NULL,
    level    text,
    stages   json   NOT NULL
);

-- Every early warning; it ends by itself after its last day.
CREATE TABLE warning (
    stream    text   COLLATE "C" NOT NULL,
    position  bigint NOT NULL,
    author    text   COLLATE "C" NOT NULL,
    level     text   NOT NULL,
    title     text   NOT NULL,
    text      text   NOT NULL,
    scope     json   NOT NULL,
    raised_by json   NOT NULL,
    risks     text[] COLLATE "C" NOT NULL,
    issued    date   NOT NULL,
    until     date   NOT NULL,
    lifted    date
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
