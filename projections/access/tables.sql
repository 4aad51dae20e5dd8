-- Whom a restricted stream is about; the rules of visibility ask nothing else of it.
CREATE TABLE audience (
    stream       text    COLLATE "C" NOT NULL,
    opened_by    text    COLLATE "C",
    author       text    COLLATE "C" NOT NULL,
    subjects     text[]  COLLATE "C" NOT NULL,
    issuers      text[]  COLLATE "C" NOT NULL,
    places       text[]  COLLATE "C" NOT NULL,
    region       text,
    region_stays boolean NOT NULL,
    participants text[]  COLLATE "C" NOT NULL
);
COMMENT ON COLUMN audience.opened_by IS 'identity of the refusal that a refused application consists of';
COMMENT ON COLUMN audience.places IS 'organisations whose present region decides on jurisdiction';
COMMENT ON COLUMN audience.region IS 'the place as stated; beside the present one where region_stays';

-- In which region each organisation is, by day: jurisdiction is that of now.
CREATE TABLE place (
    stream       text      COLLATE "C" NOT NULL,
    organisation text      COLLATE "C" NOT NULL,
    effective    daterange NOT NULL,
    region       text      NOT NULL
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
