-- Every recorded event, once, in its own bytes.
CREATE TABLE trail (
    position     bigint NOT NULL,
    stream       text   COLLATE "C" NOT NULL,
    version      bigint NOT NULL,
    type         text   NOT NULL,
    source       text   NOT NULL,
    event_id     text   NOT NULL,
    effective    date,
    recorded     timestamptz NOT NULL,
    decision     text   NOT NULL,
    waits        text,
    late_days    int,
    corrected_by bigint,
    access       text   COLLATE "C" NOT NULL,
    raw          text   NOT NULL
);
COMMENT ON COLUMN trail.late_days IS 'days from the effective day to the China day of recording; 0 where reported in time';
COMMENT ON COLUMN trail.access IS 'class of the event in the table of visibility';
COMMENT ON COLUMN trail.corrected_by IS 'position of the latest event that corrects this one';

-- Whom and what each event is about.
CREATE TABLE trail_subject (
    subject  text   COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    access   text   COLLATE "C" NOT NULL
);

-- Whom and what later events of a stream are about, although they do not say so again.
CREATE TABLE party (
    stream text COLLATE "C" NOT NULL,
    roles  json NOT NULL
);
