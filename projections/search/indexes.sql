ALTER TABLE document ADD PRIMARY KEY (stream);
CREATE INDEX document_grams ON document USING gin (grams);
CREATE INDEX document_body ON document (body, stream);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
