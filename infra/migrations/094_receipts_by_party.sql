-- Whose answer it is: of the party whose own topic the submission came by, else of its source. An organisation goes by
-- its nine characters; an answer that is nobody's has none.
ALTER TABLE intake_receipts ADD COLUMN party text COLLATE "C";
UPDATE intake_receipts SET party = CASE
    WHEN source LIKE 'organisation:%' AND length(source) = 31 THEN 'organisation:' || substr(source, 22, 9)
    ELSE nullif(source, '') END;
