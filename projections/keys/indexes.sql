ALTER TABLE key ADD PRIMARY KEY (stream);
CREATE INDEX key_owner ON key (owner, position);
ALTER TABLE link ADD PRIMARY KEY (source, sequence, position);
