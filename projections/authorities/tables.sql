-- What each authority was, from which day to which.
CREATE TABLE period (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    kind      text      NOT NULL,
    level     text      NOT NULL,
    region    text,
    name_zh   text      NOT NULL,
    name_en   text,
    successor text,
    focal     text,
    division  boolean   NOT NULL
);
COMMENT ON COLUMN period.focal IS 'the one focal unit; null is a gap for a city or county (S0-25)';
COMMENT ON COLUMN period.division IS 'whether commands must name a unit of the right role (S0-32)';

CREATE TABLE unit (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    unit      text      NOT NULL,
    kind      text      NOT NULL,
    name_zh   text      NOT NULL,
    name_en   text,
    roles     text[]    NOT NULL
);

-- The power list and the responsibility list.
CREATE TABLE item (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    list      text      NOT NULL,
    item      text      NOT NULL,
    said      text      NOT NULL,
    events    text[]    NOT NULL,
    basis     json      NOT NULL
);

-- Which officer answers for which enterprise or region, by the number of the enforcement certificate.
CREATE TABLE duty (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    scope     text      COLLATE "C" NOT NULL,
    unit      text      NOT NULL,
    officer   text      NOT NULL
);

-- Whose place each authority took, with all regions of the other's area: the rules of visibility ask this.
CREATE TABLE predecessor (
    stream      text      COLLATE "C" NOT NULL,
    authority   text      COLLATE "C" NOT NULL,
    effective   daterange NOT NULL,
    predecessor text      COLLATE "C" NOT NULL,
    area        text      NOT NULL
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);

-- Cities that a province plans for together (S0-27).
CREATE TABLE planning_region (
    stream          text      COLLATE "C" NOT NULL,
    authority       text      COLLATE "C" NOT NULL,
    effective       daterange NOT NULL,
    planning_region text      COLLATE "C" NOT NULL,
    name_zh         text      NOT NULL,
    name_en         text,
    cities          text[]    NOT NULL
);

-- Which leader of a city bureau answers for which campaign: exactly one should, and a second is a row of its own (S2-73).
CREATE TABLE leader (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    campaign  text      COLLATE "C" NOT NULL,
    leader    text      COLLATE "C" NOT NULL
);

-- Whom to contact; what the fields say is in the vault, under the event that stated them (S2-90).
CREATE TABLE contact (
    stream    text      COLLATE "C" NOT NULL,
    authority text      COLLATE "C" NOT NULL,
    effective daterange NOT NULL,
    contact   text      COLLATE "C" NOT NULL,
    unit      text,
    published text[]    NOT NULL,
    digests   text[]    NOT NULL,
    source    text      NOT NULL,
    event_id  text      NOT NULL
);

-- How an authority above guided, inspected or assessed this one, each act on its day (S0-95).
CREATE TABLE superintended (
    stream          text COLLATE "C" NOT NULL,
    authority       text COLLATE "C" NOT NULL,
    kind            text NOT NULL,
    by              text COLLATE "C" NOT NULL,
    day             date NOT NULL,
    document_number text,
    result          text
);
