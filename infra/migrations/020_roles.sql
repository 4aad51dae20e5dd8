-- The roles by which the database is read and written; nobody logs in as one of them, and none passes by row security.
-- Roles belong to the whole server: another ledger on it may have made them, and two may be made at once.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['certledger_public', 'certledger_reader', 'certledger_writer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION '缺少角色 % / the role % is missing', wanted, wanted
                        USING HINT = format('CREATE ROLE %I NOLOGIN; GRANT %I TO %I;', wanted, wanted, current_user),
                              ERRCODE = 'insufficient_privilege';
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'SET') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I WITH SET TRUE, INHERIT FALSE', wanted, current_user);
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION '% 不得以角色 % 行事 / % may not act as %', current_user, wanted, current_user, wanted
                        USING HINT = format('GRANT %I TO %I WITH SET TRUE, INHERIT FALSE;', wanted, current_user),
                              ERRCODE = 'insufficient_privilege';
            END;
        END IF;
    END LOOP;
END $$;
