-- One COSE signature a checkpoint (RFC 9942): made after the checkpoint was published, over the same root.
CREATE TABLE notary.cose (
    size      bigint PRIMARY KEY REFERENCES notary.checkpoint,
    protected bytea NOT NULL CHECK (octet_length(protected) <= 2048),
    signature bytea NOT NULL CHECK (octet_length(signature) = 64)
);
CREATE TRIGGER cose_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON notary.cose
    FOR EACH STATEMENT EXECUTE FUNCTION notary.is_kept();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'certledger_notary') THEN
        GRANT SELECT, INSERT ON notary.cose TO certledger_notary;
    END IF;
END $$;
GRANT SELECT ON notary.cose TO PUBLIC;
