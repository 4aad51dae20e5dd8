ALTER TABLE conference ADD PRIMARY KEY (stream);
ALTER TABLE resolution ADD PRIMARY KEY (stream, resolution);
ALTER TABLE task ADD PRIMARY KEY (stream, task);
ALTER TABLE plan_version ADD PRIMARY KEY (stream, version);
ALTER TABLE activation ADD PRIMARY KEY (stream, activation);
ALTER TABLE training ADD PRIMARY KEY (stream);
CREATE INDEX admission_stream ON admission (stream);
CREATE INDEX violation_stream ON violation (stream);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
