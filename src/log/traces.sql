-- Where messages belong in distributed traces (the header field `traceparent` of their push). Only of messages that have
-- one.
CREATE TABLE traces (
    seq INTEGER PRIMARY KEY,
    parent TEXT NOT NULL
) STRICT;
