-- What is due after which fact; whether it is overdue depends on the day that is asked about.
CREATE TABLE deadline (
    stream      text   COLLATE "C" NOT NULL,
    rule        text   NOT NULL,
    kind        text   NOT NULL,
    cause       json   NOT NULL,
    ordinal     int    NOT NULL,
    access      text   COLLATE "C" NOT NULL,
    started     date   NOT NULL,
    due         date,
    provisional boolean NOT NULL,
    responsible text   COLLATE "C" NOT NULL,
    region      text,
    met         date,
    met_by      text,
    across      text[],
    across_kind text,
    mark        text
);
COMMENT ON COLUMN deadline.due IS 'last day in time; null where the rule gives no number and the matter only ages';
COMMENT ON COLUMN deadline.mark IS 'stream in which the clock says that it passed';
COMMENT ON COLUMN deadline.across IS 'event types that meet it on other streams about this one';

-- Facts that may meet what is due on another stream, joined when it is asked for: arrival across streams plays no part.
CREATE TABLE mention (
    stream text COLLATE "C" NOT NULL,
    about  text COLLATE "C" NOT NULL,
    type   text NOT NULL,
    kind   text,
    day    date NOT NULL,
    access text COLLATE "C" NOT NULL
);

-- Deadlines of which the ledger's clock has said that they passed.
CREATE TABLE passed (
    stream      text   COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    responsible text   COLLATE "C" NOT NULL
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
