-- Appends as `ledger_append` does, and only before a deadline: where a time of recording would lie on it or after it,
-- all is undone and no row is returned, so that the decisions are taken again (a key's validity may end under way).
CREATE FUNCTION ledger_append_before(
    expected_head bigint, drafts json, guard_streams text[], guard_versions bigint[], deadline timestamptz)
RETURNS TABLE (appended_position bigint, appended_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    positions bigint[];
    instants timestamptz[];
BEGIN
    BEGIN
        SELECT array_agg(done.appended_position ORDER BY done.appended_position),
               array_agg(done.appended_at ORDER BY done.appended_position)
            INTO positions, instants
            FROM ledger_append(expected_head, drafts, guard_streams, guard_versions) AS done;
        IF instants[array_upper(instants, 1)] >= deadline THEN
            RAISE EXCEPTION USING ERRCODE = 'LD001', MESSAGE = 'the deadline has come';
        END IF;
    EXCEPTION WHEN SQLSTATE 'LD001' THEN
        RETURN;
    END;
    RETURN QUERY SELECT * FROM unnest(positions, instants);
END $$;
