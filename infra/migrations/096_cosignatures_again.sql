-- While the log is idle a witness cosigns its newest checkpoint again and again, so that its age can be told: each time
-- is a row of its own. A line that is kept twice is still one row; it may be longer than an index entry can be.
ALTER TABLE notary.cosignature DROP CONSTRAINT cosignature_pkey;
CREATE UNIQUE INDEX cosignature_once ON notary.cosignature (size, name, key_id, hashtextextended(line, 0));
CREATE INDEX cosignature_newest ON notary.cosignature (size, name, key_id, received);
