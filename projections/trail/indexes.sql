ALTER TABLE trail ADD PRIMARY KEY (position);
CREATE UNIQUE INDEX trail_stream ON trail (stream, version);
ALTER TABLE trail_subject ADD PRIMARY KEY (subject, position);
ALTER TABLE party ADD PRIMARY KEY (stream);
CREATE INDEX trail_source ON trail (source, position);
