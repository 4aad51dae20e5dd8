ALTER TABLE deadline ADD PRIMARY KEY (stream, rule, ordinal);
CREATE INDEX deadline_responsible ON deadline (responsible, due);
CREATE INDEX deadline_open ON deadline (due) WHERE met IS NULL;
CREATE INDEX mention_about ON mention (about, type);
CREATE INDEX mention_stream ON mention (stream);
ALTER TABLE passed ADD PRIMARY KEY (stream);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
