ALTER TABLE risk ADD PRIMARY KEY (stream);
CREATE INDEX risk_position ON risk (position);
ALTER TABLE warning ADD PRIMARY KEY (stream);
CREATE INDEX warning_position ON warning (position);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
