CREATE INDEX period_authority ON period (authority);
CREATE INDEX period_region ON period (region);
CREATE INDEX period_stream ON period (stream);
CREATE INDEX unit_authority ON unit (authority);
CREATE INDEX item_authority ON item (authority);
CREATE INDEX duty_authority ON duty (authority);
CREATE INDEX duty_scope ON duty (scope);
CREATE INDEX predecessor_authority ON predecessor (authority);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
