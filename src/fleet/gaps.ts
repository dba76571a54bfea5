/** Gaps in the database: numbers of a stream that are neither stored nor known to be lost. */
import type { Client } from 'pg';

/** Numbers from `from` to `to` that were missing at two looks in a row. */
export interface Gap {
  readonly device: string;
  readonly stream: string;
  readonly from: number;
  readonly to: number;
}

/** The newest record of a device, from its state topic. */
export interface Expected {
  readonly device: string;
  readonly stream: string;
  readonly seq: number;
}

/** The newest stream of a device is the one that it can be asked for. */
const EXPECT = `
WITH said AS (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS v (device, stream, seq)), told AS (
  INSERT INTO streams AS s (device, stream, expected_seq) SELECT device, stream, seq FROM said ORDER BY 1, 2
  ON CONFLICT (device, stream) DO UPDATE SET expected_seq = excluded.expected_seq, ended = false
  WHERE s.expected_seq <> excluded.expected_seq OR s.ended
)
UPDATE streams s SET ended = true FROM said WHERE s.device = said.device AND s.stream <> said.stream AND NOT s.ended`;

/** A stream in more pieces than this comes from a device with erratic numbering; its gaps are given up. */
const TORN = `
WITH torn AS (
  SELECT device, stream, int8multirange(int8range(1, newest_seq + 1)) AS whole, known FROM streams
  WHERE NOT ended AND (SELECT count(*) FROM unnest(known)) > 2000 FOR UPDATE
), noted AS (
  INSERT INTO absent (device, stream, from_seq, to_seq)
  SELECT device, stream, lower(r), upper(r) - 1 FROM torn, unnest(whole - known) r
)
UPDATE streams s SET known = whole FROM torn WHERE s.device = torn.device AND s.stream = torn.stream`;

/**
 * A number is missing when it was so at the look before, too: messages on their way fill gaps by themselves. Beyond the
 * newest record only, when none has come since: the device may be about to send them.
 */
const LOOK = `
WITH now AS (
  SELECT device, stream, open, int8multirange(int8range(1, 1 +
    CASE WHEN newest_seq = seen_seq THEN greatest(newest_seq, expected_seq) ELSE newest_seq END)) - known AS missing
  FROM streams WHERE NOT ended
), looked AS (
  UPDATE streams s SET open = now.missing, seen_seq = s.newest_seq FROM now
  WHERE s.device = now.device AND s.stream = now.stream AND (s.open <> now.missing OR s.seen_seq <> s.newest_seq)
), pieces AS (
  SELECT device, stream, lower(r) AS first, upper(r) - 1 AS last,
         row_number() OVER (PARTITION BY device, stream ORDER BY lower(r)) AS n
  FROM now, unnest(missing * open) r
)
SELECT device, stream, first::float8 AS "from", last::float8 AS "to" FROM pieces WHERE n <= 100
ORDER BY device, stream, first LIMIT 5000`;

/** Looks for gaps; to be called in a transaction, every few seconds. */
export async function look(client: Client, expected: readonly Expected[]): Promise<Gap[]> {
  if (expected.length > 0) {
    const columns = (['device', 'stream', 'seq'] as const).map((key) => expected.map((row) => row[key]));
    await client.query(EXPECT, columns);
  }
  await client.query(TORN);
  return (await client.query<Gap>(LOOK)).rows;
}

const GONE = `
WITH s AS (
  SELECT known, least($4::bigint, greatest($5::bigint, newest_seq)) AS last FROM streams
  WHERE device = $1 AND stream = $2 FOR UPDATE
), gone AS (
  SELECT int8multirange(int8range($3::bigint, greatest($3, last + 1))) AS asked,
         int8multirange(int8range($3::bigint, greatest($3, last + 1))) - known AS absent FROM s
), noted AS (
  INSERT INTO absent (device, stream, from_seq, to_seq)
  SELECT $1, $2, lower(r), upper(r) - 1 FROM gone, unnest(absent) r RETURNING to_seq - from_seq + 1 AS n
), told AS (
  UPDATE streams SET known = known + asked, open = open - asked,
    expected_seq = CASE WHEN $4 > $5::bigint THEN least(expected_seq, greatest($5, newest_seq)) ELSE expected_seq END
  FROM gone WHERE device = $1 AND stream = $2
)
SELECT coalesce(sum(n), 0)::float8 AS n FROM noted`;

/**
 * Writes down that of the numbers from `from` to `to` those that are not stored are not with the device either. Numbers
 * above both `newest`, the newest that the device has, and the newest stored do not exist yet and are left out.
 * Returns how many are absent.
 */
export async function gone(client: Client, { device, stream, from, to }: Gap, newest: number): Promise<number> {
  return (await client.query<{ n: number }>(GONE, [device, stream, from, to, newest])).rows[0]?.n ?? 0;
}

/** Writes down that a device has another stream now. */
export async function end(client: Client, device: string, stream: string): Promise<void> {
  await client.query('UPDATE streams SET ended = true WHERE device = $1 AND stream = $2', [device, stream]);
}

/** Only one collector of a fleet repairs at a time; it keeps the right until its connection ends. */
export async function mayRepair(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 841305706 AND pid = pg_backend_pid()
       AND classid = 0) OR pg_try_advisory_lock(841305706) AS may`,
  );
  return rows[0]?.may === true;
}
