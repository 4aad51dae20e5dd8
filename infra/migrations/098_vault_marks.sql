-- A field that comes again is marked with the time of its last coming: who brought it before and is refused then leaves
-- it to who brought it last, and a sweep that looked before does not take it.
GRANT UPDATE (stored) ON vault.disclosure TO certledger_vault;
