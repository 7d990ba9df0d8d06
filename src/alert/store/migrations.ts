/**
 * The store's tables, as steps from an empty file to the newest form; `user_version` tells how many a file has taken. A
 * step that was in a release is never changed: the next one changes what it made.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE alerts (
     id TEXT PRIMARY KEY,
     camera_id TEXT NOT NULL,
     level INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
     since_ms INTEGER NOT NULL,
     last_seen_ms INTEGER NOT NULL,
     count INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     description TEXT NOT NULL,
     risk_types TEXT NOT NULL,
     confidence REAL NOT NULL,
     source TEXT,
     model TEXT,
     request_id TEXT NOT NULL,
     danger_object_count INTEGER NOT NULL,
     object_count INTEGER NOT NULL,
     classes TEXT NOT NULL,
     bbox TEXT,
     image_width INTEGER,
     image_height INTEGER,
     picture_revision INTEGER,
     acknowledged_at_ms INTEGER,
     verdict TEXT
   ) STRICT;
   CREATE INDEX alerts_newest ON alerts (since_ms DESC, id DESC);
   CREATE INDEX alerts_of_camera ON alerts (camera_id, since_ms DESC, id DESC);
   CREATE INDEX alerts_last_seen ON alerts (last_seen_ms);
   CREATE TABLE pictures (
     alert_id TEXT PRIMARY KEY REFERENCES alerts (id) ON DELETE CASCADE,
     jpeg BLOB NOT NULL
   ) STRICT;`,
];
