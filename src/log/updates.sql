-- What updates of Mercure have besides the columns of their messages. Their message has the alternate topics in `audiences`,
-- a list that may be empty. `id` is the id that the publisher chose; several updates can have the same.
CREATE TABLE updates (
    seq INTEGER PRIMARY KEY,
    private INTEGER NOT NULL,
    id TEXT,
    retry INTEGER
) STRICT;
CREATE INDEX updates_by_id ON updates (id) WHERE id IS NOT NULL;
