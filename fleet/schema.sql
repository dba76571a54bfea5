-- The fleet's database: PostgreSQL 14 or newer, with TimescaleDB where it is there. `remixd collect` runs this file
-- whenever its text is new to the database, so it must go over what is already there without harm.

-- Records of all devices. `time` is a function of the record alone (wall time as it was recorded, else 1970 and the
-- monotonic time), so a repeated record always meets its first copy, and TimescaleDB has its column in the unique index.
CREATE TABLE IF NOT EXISTS records (
  device   text NOT NULL,
  stream   text NOT NULL,
  seq      bigint NOT NULL,
  boot     text NOT NULL,
  kind     text NOT NULL,
  mono_us  bigint NOT NULL,
  wall_ms  double precision,
  clock    text NOT NULL,
  time     timestamptz NOT NULL,
  body     jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Pieces of a week, where TimescaleDB is there and may be used.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
     AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
     AND current_setting('shared_preload_libraries') LIKE '%timescaledb%' THEN
    CREATE EXTENSION timescaledb;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'TimescaleDB is there, but only a superuser can take it: %', SQLERRM;
END $$;
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
    PERFORM create_hypertable('records', 'time', chunk_time_interval => interval '7 days',
                              create_default_indexes => false, if_not_exists => true, migrate_data => true);
  END IF;
END $$;

CREATE UNIQUE INDEX IF NOT EXISTS records_once ON records (device, stream, seq, time);
CREATE INDEX IF NOT EXISTS records_by_kind ON records (device, kind, time DESC);
-- Both are nearly empty where the devices know the time.
CREATE INDEX IF NOT EXISTS records_syncs ON records (device, stream, boot, seq) WHERE kind = 'time_sync';
CREATE INDEX IF NOT EXISTS records_undated ON records (device, stream, boot) WHERE clock <> 'synced';

-- One row a sequence of numbers. A device that was set up anew, or lost its card, begins another stream.
CREATE TABLE IF NOT EXISTS streams (
  device       text NOT NULL,
  stream       text NOT NULL,
  newest_seq   bigint NOT NULL DEFAULT 0,
  newest_time  timestamptz,
  rows         bigint NOT NULL DEFAULT 0,
  known        int8multirange NOT NULL DEFAULT '{}',  -- numbers that are stored, or that the device does not have
  expected_seq bigint NOT NULL DEFAULT 0,             -- the device says that it has come so far
  seen_seq     bigint NOT NULL DEFAULT 0,             -- newest_seq at the last look for gaps
  open         int8multirange NOT NULL DEFAULT '{}',  -- what was missing at the last look
  ended        boolean NOT NULL DEFAULT false,        -- the device has another stream now: nothing can be asked for
  updated      timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (device, stream)
) WITH (fillfactor = 50);

-- Numbers that a device did not have any more when it was asked.
CREATE TABLE IF NOT EXISTS absent (
  device   text NOT NULL,
  stream   text NOT NULL,
  from_seq bigint NOT NULL,
  to_seq   bigint NOT NULL,
  noted    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS absent_by_stream ON absent (device, stream, from_seq);

-- Parts of records that were too long for one message, until all are there. `literal` is a JSON string.
CREATE TABLE IF NOT EXISTS parts (
  device   text NOT NULL,
  stream   text NOT NULL,
  seq      bigint NOT NULL,
  parts    integer NOT NULL,
  part     integer NOT NULL,
  literal  text NOT NULL,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (device, stream, seq, parts, part)
);

-- The newest messages that could not be used; the collector keeps a thousand.
CREATE TABLE IF NOT EXISTS rejected (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device   text,
  topic    text NOT NULL,
  reason   text NOT NULL,
  bytes    integer NOT NULL,
  start    text NOT NULL,
  received timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What each device's retained topics say.
CREATE TABLE IF NOT EXISTS latest (
  device   text NOT NULL,
  topic    text NOT NULL,  -- avail, state or trip
  value    jsonb NOT NULL,
  received timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (device, topic)
) WITH (fillfactor = 50);

-- How many lanes a collector has at the broker: those of an earlier start with more of them must be emptied.
CREATE TABLE IF NOT EXISTS lanes (
  client text PRIMARY KEY,
  n      integer NOT NULL
);

-- A number of a record's body; null where it is absent or no number, whatever a device sent.
CREATE OR REPLACE FUNCTION number_of(body jsonb, key text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN jsonb_typeof(body -> key) = 'number' THEN (body ->> key)::double precision END $$;

-- Records with the best date that is known of them. One that was written before the clock was set is dated by the first
-- time_sync of its boot that follows it, over the monotonic time between the two; one after the last by that last. In
-- three pieces, so that a question for a span of time finds the first two by their index.
CREATE OR REPLACE VIEW dated AS
SELECT device, stream, seq, boot, kind, time, 'synced'::text AS dated, mono_us, body, received
FROM records WHERE clock = 'synced'
UNION ALL
SELECT device, stream, seq, boot, kind, time, CASE WHEN wall_ms IS NULL THEN 'none' ELSE 'unsynced' END,
       mono_us, body, received
FROM records r
WHERE clock <> 'synced' AND NOT EXISTS (
  SELECT FROM records t
  WHERE t.kind = 'time_sync' AND t.clock = 'synced' AND t.wall_ms IS NOT NULL
    AND t.device = r.device AND t.stream = r.stream AND t.boot = r.boot)
UNION ALL
SELECT r.device, r.stream, r.seq, r.boot, r.kind, s.time - (s.mono_us - r.mono_us) * interval '1 microsecond', 'later',
       r.mono_us, r.body, r.received
FROM (SELECT DISTINCT device, stream, boot FROM records
      WHERE kind = 'time_sync' AND clock = 'synced' AND wall_ms IS NOT NULL) b
JOIN records r ON r.device = b.device AND r.stream = b.stream AND r.boot = b.boot AND r.clock <> 'synced'
CROSS JOIN LATERAL (
  SELECT t.time, t.mono_us FROM records t
  WHERE t.kind = 'time_sync' AND t.clock = 'synced' AND t.wall_ms IS NOT NULL
    AND t.device = r.device AND t.stream = r.stream AND t.boot = r.boot
  ORDER BY (t.seq > r.seq) DESC, CASE WHEN t.seq > r.seq THEN t.seq ELSE -t.seq END
  LIMIT 1
) s;

CREATE OR REPLACE VIEW samples AS
SELECT device, time, dated, stream, seq, boot,
       body ->> 'state' AS state, body ->> 'mode' AS mode,
       number_of(body, 'tc_c') AS tc_c, number_of(body, 'ir_c') AS ir_c, number_of(body, 'cj_c') AS cj_c,
       number_of(body, 'setpoint_c') AS setpoint_c,
       number_of(body, 'heater_a') AS heater_a, number_of(body, 'supply_v') AS supply_v,
       number_of(body, 'pl_red_v') AS pl_red_v, number_of(body, 'pl_green_v') AS pl_green_v,
       number_of(body, 'pl_broadband_v') AS pl_broadband_v, number_of(body, 'pl_reference_v') AS pl_reference_v,
       number_of(body, 'light_ratio') AS light_ratio, number_of(body, 'desired_ratio') AS desired_ratio,
       number_of(body, 'permitted_ratio') AS permitted_ratio, number_of(body, 'achieved_ratio') AS achieved_ratio,
       number_of(body, 'pulse_on_s') AS pulse_on_s, number_of(body, 'pulse_period_s') AS pulse_period_s,
       number_of(body, 'revision') AS revision, body ->> 'alarms' AS alarms,
       body ->> 'verdict' AS verdict, body ->> 'verdict_why' AS verdict_why, body ->> 'cause' AS cause,
       number_of(body, 'segregated') AS segregated, number_of(body, 'segregated_error') AS segregated_error
FROM dated WHERE kind = 'sample';

CREATE OR REPLACE VIEW events AS
SELECT device, time, dated, stream, seq, boot, body ->> 'event' AS event, body ->> 'code' AS code, body ->> 'text' AS text
FROM dated WHERE kind = 'event';

-- What is not there: still asked for (missing), gone with its stream (lost), or no longer with the device (absent).
CREATE OR REPLACE VIEW gaps AS
SELECT s.device, s.stream, lower(r) AS from_seq, upper(r) - 1 AS to_seq, upper(r) - lower(r) AS numbers,
       CASE WHEN s.ended THEN 'lost' ELSE 'missing' END AS what
FROM streams s, unnest(int8multirange(int8range(1, s.newest_seq + 1)) - s.known) r
WHERE s.newest_seq > 0
UNION ALL
SELECT device, stream, from_seq, to_seq, to_seq - from_seq + 1, 'absent' FROM absent;

CREATE OR REPLACE VIEW devices AS
SELECT d.device,
       avail.value #>> '{}' AS avail, state.value AS state, nullif(trip.value, 'null'::jsonb) AS trip,
       state.received AS state_received,
       s.stream, s.newest_seq, s.newest_time, s.updated AS newest_received, s.rows,
       coalesce((SELECT sum(g.numbers) FROM gaps g WHERE g.device = d.device AND g.what = 'missing'), 0)::bigint AS missing
FROM (SELECT device FROM streams UNION SELECT device FROM latest) d
LEFT JOIN LATERAL (
  SELECT * FROM streams WHERE streams.device = d.device ORDER BY ended, updated DESC LIMIT 1
) s ON true
LEFT JOIN latest avail ON avail.device = d.device AND avail.topic = 'avail'
LEFT JOIN latest state ON state.device = d.device AND state.topic = 'state'
LEFT JOIN latest trip ON trip.device = d.device AND trip.topic = 'trip';
