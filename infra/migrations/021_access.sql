-- The class of visibility of every event, beside its bytes: it follows from the type, and from what a correction corrects.
ALTER TABLE ledger_events ADD COLUMN access text COLLATE "C" NOT NULL DEFAULT 'unknown';
ALTER TABLE ledger_events DISABLE TRIGGER ledger_events_append_only;
UPDATE ledger_events SET access = CASE
    WHEN topic = 'certificate.refused' THEN 'refused'
    WHEN topic = 'inspection.sample_result_recorded' THEN 'sample'
    WHEN topic LIKE 'inspection.%' THEN 'inspection'
    WHEN topic = 'case.penalty_decided' THEN 'penalty'
    WHEN topic LIKE 'case.%' THEN 'case'
    WHEN topic LIKE '%.corrected' THEN 'unknown'
    ELSE 'public' END;
UPDATE ledger_events AS correction SET access = corrected.access
    FROM ledger_events AS corrected
    WHERE correction.topic LIKE '%.corrected' AND corrected.originator_id = correction.originator_id
      AND corrected.source = convert_from(correction.state, 'UTF8')::json #>> '{event,data,corrects,source}'
      AND corrected.event_id = convert_from(correction.state, 'UTF8')::json #>> '{event,data,corrects,id}';
ALTER TABLE ledger_events ENABLE TRIGGER ledger_events_append_only;

-- As before (002), with the class; it runs with its owner's rights, so that a writer needs none on the table.
CREATE OR REPLACE FUNCTION ledger_append(
    expected_head bigint, drafts json, guard_streams text[], guard_versions bigint[])
RETURNS TABLE (appended_position bigint, appended_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last_position bigint;
    last_instant timestamptz;
    first_instant timestamptz;
BEGIN
    LOCK TABLE ledger_events IN EXCLUSIVE MODE;
    SELECT notification_id, recorded_at INTO last_position, last_instant
        FROM ledger_events ORDER BY notification_id DESC LIMIT 1;
    last_position := coalesce(last_position, 0);
    IF last_position <> expected_head THEN
        PERFORM 1 FROM unnest(guard_streams, guard_versions) AS guard (stream, version)
            WHERE version <> coalesce(
                (SELECT max(originator_version) FROM ledger_events WHERE originator_id = stream), 0);
        IF FOUND THEN
            RETURN;
        END IF;
        PERFORM 1 FROM json_to_recordset(drafts) AS draft (source text, event_id text)
            JOIN ledger_events USING (source, event_id);
        IF FOUND THEN
            RETURN;
        END IF;
    END IF;
    -- Times strictly increase with the position, also where the clock stands still or is set back.
    first_instant := greatest(clock_timestamp(), last_instant + interval '1 microsecond');
    NOTIFY ledger_events;
    RETURN QUERY
        INSERT INTO ledger_events (originator_id, originator_version, topic, state, notification_id, recorded_at,
                                   traceparent, received_at, source, event_id, digest, access)
        SELECT stream, version, topic,
               convert_to(
                   head || to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || tail, 'UTF8'),
               last_position + number, instant, trace, arrived, source, event_id, decode(digest, 'hex'), access
        FROM (
            SELECT *, first_instant + (number - 1) * interval '1 microsecond' AS instant
            FROM ROWS FROM (
                json_to_recordset(drafts) AS (
                    stream text, version bigint, topic text, head text, tail text, trace text, arrived timestamptz,
                    source text, event_id text, digest text, access text)
            ) WITH ORDINALITY AS draft
                (stream, version, topic, head, tail, trace, arrived, source, event_id, digest, access, number)
        ) AS stamped
        ORDER BY number
        RETURNING notification_id, recorded_at;
END $$;
REVOKE ALL ON FUNCTION ledger_append FROM PUBLIC;

-- What a process that only records needs: to read the log it decides on, and to append through the function alone.
GRANT SELECT ON ledger_events TO certledger_writer;
CREATE POLICY writer ON ledger_events FOR SELECT TO certledger_writer USING (true);
CREATE POLICY writer ON ledger_equivocations TO certledger_writer USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON ledger_equivocations TO certledger_writer;
GRANT EXECUTE ON FUNCTION ledger_append TO certledger_writer;

-- How far the log goes is no secret, and a reader who does not see the last event still has to know it.
CREATE FUNCTION ledger_head() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce((SELECT notification_id FROM ledger_events ORDER BY notification_id DESC LIMIT 1), 0)
$$;
