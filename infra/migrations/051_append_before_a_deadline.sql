-- Appends as before, and also bounded in time: where `deadline` is given, every time of recording lies before it, or
-- nothing is recorded and the decisions are taken again (a key's validity may end while a batch is under way).
DROP FUNCTION ledger_append(bigint, json, text[], bigint[]);
CREATE FUNCTION ledger_append(expected_head bigint, drafts json, guard_streams text[], guard_versions bigint[],
                              deadline timestamptz DEFAULT NULL)
RETURNS TABLE (appended_position bigint, appended_at timestamptz) LANGUAGE plpgsql AS $$
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
    IF first_instant + json_array_length(drafts) * interval '1 microsecond' > deadline THEN
        RETURN;
    END IF;
    NOTIFY ledger_events;
    RETURN QUERY
        INSERT INTO ledger_events (originator_id, originator_version, topic, state, notification_id, recorded_at,
                                   traceparent, received_at, source, event_id, digest)
        SELECT stream, version, topic,
               convert_to(
                   head || to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || tail, 'UTF8'),
               last_position + number, instant, trace, arrived, source, event_id, decode(digest, 'hex')
        FROM (
            SELECT *, first_instant + (number - 1) * interval '1 microsecond' AS instant
            FROM ROWS FROM (
                json_to_recordset(drafts) AS (
                    stream text, version bigint, topic text, head text, tail text, trace text, arrived timestamptz,
                    source text, event_id text, digest text)
            ) WITH ORDINALITY AS draft
                (stream, version, topic, head, tail, trace, arrived, source, event_id, digest, number)
        ) AS stamped
        ORDER BY number
        RETURNING notification_id, recorded_at;
END $$;
