-- Who read what was not public, and why: one row a stream and reading, each bound to the one before it by its digest,
-- SHA-256 over the digest before and the row's fields, one a line. The first one follows 32 zero bytes.
CREATE TABLE ledger_reads (
    number    bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    account   text NOT NULL,
    party     text NOT NULL,
    role      text NOT NULL,
    reason    text NOT NULL,
    operation text NOT NULL,
    access    text NOT NULL,
    stream    text COLLATE "C" NOT NULL,
    digest    bytea NOT NULL,
    CHECK (strpos(account || party || role || reason || operation || access || stream, chr(10)) = 0)
);
CREATE INDEX ledger_reads_party ON ledger_reads (party, number);
CREATE INDEX ledger_reads_stream ON ledger_reads (stream, number);
CREATE TRIGGER ledger_reads_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_reads
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_events_are_append_only();

-- Notes what the running transaction's party reads, in that transaction: the reading stands or falls with its note.
CREATE FUNCTION ledger_note_reads(reason text, operation text, classes text[], streams text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account text := current_setting('certledger.account');
    party   text := current_setting('certledger.party');
    role    text := current_setting('certledger.role');
    last    record;
    instant timestamptz;
    bound   bytea;
    counted bigint;
BEGIN
    LOCK TABLE ledger_reads IN EXCLUSIVE MODE;
    SELECT r.number, r.at, r.digest INTO last FROM ledger_reads AS r ORDER BY r.number DESC LIMIT 1;
    counted := coalesce(last.number, 0);
    bound := coalesce(last.digest, decode(repeat('00', 32), 'hex'));
    instant := greatest(clock_timestamp(), last.at + interval '1 microsecond');
    FOR place IN 1 .. cardinality(streams) LOOP
        counted := counted + 1;
        bound := sha256(bound || convert_to(concat_ws(chr(10),
            counted::text, to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            account, party, role, reason, operation, classes[place], streams[place]), 'UTF8'));
        INSERT INTO ledger_reads VALUES (
            counted, instant, account, party, role, reason, operation, classes[place], streams[place], bound);
    END LOOP;
    RETURN counted;
END $$;
REVOKE ALL ON FUNCTION ledger_note_reads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_note_reads TO certledger_reader;
