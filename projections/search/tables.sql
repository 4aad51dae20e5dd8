-- One row a certificate or body: the text that is searched, and its pairs of characters.
CREATE TABLE document (
    stream   text   COLLATE "C" NOT NULL,
    body     text   COLLATE "C" NOT NULL,
    number   text   NOT NULL,
    title    text   NOT NULL,
    haystack text   NOT NULL,
    grams    text[] NOT NULL
);

CREATE TABLE fact (
    stream   text   COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    raw      text   NOT NULL
);
