-- Whether the party of the running transaction (settings certledger.*) may read a row of a class about a stream. The
-- braces are filled with the classes that the table of visibility opens to each reader. The view access is looked up by
-- name when this runs, so that a rebuild may take its place; until a stream is folded there, it is about nobody.
CREATE OR REPLACE FUNCTION public.certledger_may_read(access text, about text, said_by text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reader_role  text := coalesce(current_setting('certledger.role', true), '');
    reader_party text := nullif(current_setting('certledger.party', true), '');
    reader_area  text := coalesce(current_setting('certledger.area', true), '');
    today        date := nullif(current_setting('certledger.today', true), '')::date;
    seen         record;
    former       record;
    is_there     boolean;
BEGIN
    IF access = ANY({everyone}) THEN RETURN true; END IF;
    IF reader_role IN ('national_authority', 'local_authority') AND access = ANY({authorities}) THEN RETURN true; END IF;
    IF reader_role = 'national_authority' AND access = ANY({national_authority}) THEN RETURN true; END IF;
    IF reader_role = 'auditor' AND access = ANY({auditor}) THEN RETURN true; END IF;
    IF reader_role = 'operator' AND access = ANY({operator}) THEN RETURN true; END IF;
    IF reader_party IS NULL THEN RETURN false; END IF;
    IF said_by = reader_party AND access = ANY({author}) THEN RETURN true; END IF;
    SELECT * INTO seen FROM access.audience AS a WHERE a.stream = about;
    IF NOT FOUND THEN RETURN false; END IF;
    IF seen.author = reader_party AND access = ANY({author}) THEN RETURN true; END IF;
    IF reader_party = ANY(seen.subjects) AND access = ANY({subject}) THEN RETURN true; END IF;
    IF reader_party = ANY(seen.issuers) AND access = ANY({issuer}) THEN RETURN true; END IF;
    IF reader_party = ANY(seen.participants) AND access = ANY({participant}) THEN RETURN true; END IF;
    IF reader_role <> 'local_authority' THEN RETURN false; END IF;
    -- Who took another authority's place reads what the other would (S3-03).
    IF to_regclass('authorities.predecessor') IS NOT NULL THEN
        FOR former IN SELECT p.predecessor, p.area FROM authorities.predecessor AS p
                WHERE p.authority = reader_party AND p.effective @> today LOOP
            IF seen.author = former.predecessor AND access = ANY({author}) THEN RETURN true; END IF;
            reader_area := reader_area || ',' || former.area;
        END LOOP;
    END IF;
    IF NOT access = ANY({jurisdiction}) THEN RETURN false; END IF;
    SELECT bool_or(strpos(reader_area, p.region) > 0) INTO is_there FROM access.place AS p
        WHERE p.organisation = ANY(seen.places) AND p.effective @> today;
    IF is_there IS NULL OR seen.region_stays THEN
        is_there := coalesce(is_there, false) OR strpos(reader_area, coalesce(seen.region, '-')) > 0;
    END IF;
    RETURN is_there;
END $$;
REVOKE ALL ON FUNCTION public.certledger_may_read FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.certledger_may_read TO certledger_reader;
