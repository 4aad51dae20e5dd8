ALTER TABLE notice ADD PRIMARY KEY (stream);
CREATE INDEX notice_recipient ON notice (recipient, position);
CREATE INDEX notice_arrived ON notice (recipient, lane, arrived);
CREATE INDEX notice_sender ON notice (sender, position);
CREATE INDEX notice_position ON notice (position);
ALTER TABLE fact ADD PRIMARY KEY (stream, version);
