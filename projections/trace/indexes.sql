CREATE INDEX edge_start ON edge (start, relation, finish, position);
CREATE INDEX edge_finish ON edge (finish, relation, start, position);
CREATE INDEX edge_stream ON edge (stream) WHERE known_until = 'infinity';
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
