-- Other bytes under a recorded identity are kept with the signatures that they came with, and never changed again.
-- The same bytes may come unsigned first and signed later: the signed ones prove more, and both stay.
ALTER TABLE ledger_equivocations ADD COLUMN signatures bytea NOT NULL DEFAULT '[]';
ALTER TABLE ledger_equivocations DROP CONSTRAINT ledger_equivocations_pkey;
ALTER TABLE ledger_equivocations ADD PRIMARY KEY (source, event_id, digest, signatures);
CREATE INDEX ledger_equivocations_received ON ledger_equivocations (received_at, source, event_id, digest);
CREATE TRIGGER ledger_equivocations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_equivocations
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_events_are_append_only();
