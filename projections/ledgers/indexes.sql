CREATE INDEX place_organisation ON place (organisation);
CREATE INDEX place_region ON place (region);
CREATE INDEX place_stream ON place (stream);
ALTER TABLE enterprise ADD PRIMARY KEY (stream);
ALTER TABLE matter ADD PRIMARY KEY (stream);
CREATE INDEX matter_party ON matter (party);
CREATE INDEX matter_region ON matter (region);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
