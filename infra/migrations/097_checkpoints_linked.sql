-- Each checkpoint holds the link of the one before, SHA-256 over that one's own `previous` and its note, and a number
-- without a gap: a row that is taken out leaves a trace, also where its neighbours are made to fit. The newest link is
-- kept outside the database as well.
ALTER TABLE notary.checkpoint ADD COLUMN number bigint, ADD COLUMN previous bytea;

ALTER TABLE notary.checkpoint DISABLE TRIGGER checkpoint_is_kept;
DO $$
DECLARE
    stood record;
    at bigint := 0;
    link bytea := '';
BEGIN
    FOR stood IN SELECT size, note FROM notary.checkpoint ORDER BY size LOOP
        at := at + 1;
        UPDATE notary.checkpoint SET number = at, previous = link WHERE size = stood.size;
        link := sha256(link || convert_to(stood.note, 'UTF8'));
    END LOOP;
END $$;
ALTER TABLE notary.checkpoint ENABLE TRIGGER checkpoint_is_kept;

-- Checkpoints are written one after the other, under the lock of the growing transaction.
CREATE FUNCTION notary.next_number() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(max(number), 0) + 1 FROM notary.checkpoint
$$;
CREATE FUNCTION notary.newest_link() RETURNS bytea LANGUAGE sql VOLATILE AS $$
    SELECT coalesce((
        SELECT sha256(previous || convert_to(note, 'UTF8')) FROM notary.checkpoint ORDER BY number DESC LIMIT 1), '')
$$;
ALTER TABLE notary.checkpoint
    ALTER COLUMN number SET NOT NULL,
    ALTER COLUMN number SET DEFAULT notary.next_number(),
    ALTER COLUMN previous SET NOT NULL,
    ALTER COLUMN previous SET DEFAULT notary.newest_link(),
    ADD CONSTRAINT checkpoint_number UNIQUE (number),
    ADD CONSTRAINT checkpoint_previous CHECK (octet_length(previous) IN (0, 32));
