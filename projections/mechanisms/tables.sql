-- Every joint conference with its member departments as they were stated last.
CREATE TABLE conference (
    stream   text   COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    author   text   COLLATE "C" NOT NULL,
    region   text,
    title    text   NOT NULL,
    members  json   NOT NULL
);

-- Every resolution, whether or not a task follows it up.
CREATE TABLE resolution (
    stream     text COLLATE "C" NOT NULL,
    author     text COLLATE "C" NOT NULL,
    region     text,
    resolution text NOT NULL,
    meeting    text NOT NULL,
    adopted    date NOT NULL,
    text       text NOT NULL
);

-- Every follow-up task with what it follows up: who leads, since when, until when, what was reported, and the day on which it was done.
CREATE TABLE task (
    stream     text   COLLATE "C" NOT NULL,
    author     text   COLLATE "C" NOT NULL,
    region     text,
    resolution text   NOT NULL,
    meeting    text   NOT NULL,
    resolved   text   NOT NULL,
    task       text   NOT NULL,
    text       text   NOT NULL,
    lead       text   NOT NULL,
    lead_party text   COLLATE "C",
    others     text[] NOT NULL,
    assigned   date   NOT NULL,
    due        date,
    progress   json   NOT NULL,
    done       date
);
COMMENT ON COLUMN task.lead_party IS 'the party of the leading department as a member of the day, null where it has none';

-- The days on which each version of an emergency plan is in force.
CREATE TABLE plan_version (
    stream   text      COLLATE "C" NOT NULL,
    author   text      COLLATE "C" NOT NULL,
    region   text,
    version  text      NOT NULL,
    title    text      NOT NULL,
    scope    text      NOT NULL,
    sha256   text      NOT NULL,
    in_force daterange NOT NULL
);

-- Every activation of a plan, by the version that was in force.
CREATE TABLE activation (
    stream     text   COLLATE "C" NOT NULL,
    author     text   COLLATE "C" NOT NULL,
    region     text,
    activation text   NOT NULL,
    version    text   NOT NULL,
    activated  date   NOT NULL,
    ended      date,
    text       text   NOT NULL,
    about      text[] COLLATE "C" NOT NULL
);

CREATE TABLE training (
    stream       text   COLLATE "C" NOT NULL,
    author       text   COLLATE "C" NOT NULL,
    region       text,
    form         text   NOT NULL,
    title        text   NOT NULL,
    held         date   NOT NULL,
    audience     text,
    participants int,
    cases        text[] COLLATE "C" NOT NULL,
    reviews      json   NOT NULL
);

-- What was decided on a consulting body's admission, from which day to which.
CREATE TABLE admission (
    stream    text      COLLATE "C" NOT NULL,
    author    text      COLLATE "C" NOT NULL,
    access    text      COLLATE "C" NOT NULL,
    admission text      NOT NULL,
    name_zh   text      NOT NULL,
    region    text,
    number    text,
    effective daterange NOT NULL
);

CREATE TABLE violation (
    stream      text COLLATE "C" NOT NULL,
    author      text COLLATE "C" NOT NULL,
    region      text NOT NULL,
    found       date NOT NULL,
    text        text NOT NULL,
    case_stream text COLLATE "C"
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
