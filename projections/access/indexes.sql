ALTER TABLE audience ADD PRIMARY KEY (stream);
CREATE INDEX place_organisation ON place (organisation);
CREATE INDEX place_stream ON place (stream);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
