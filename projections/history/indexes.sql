ALTER TABLE certificate ADD PRIMARY KEY (stream);
ALTER TABLE detail ADD PRIMARY KEY (certificate, digest);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
-- What is known at one moment never says two things about one day.
ALTER TABLE period ADD PRIMARY KEY (certificate, recorded_until, effective WITHOUT OVERLAPS);
ALTER TABLE standing ADD PRIMARY KEY (body, recorded_until, effective WITHOUT OVERLAPS);
