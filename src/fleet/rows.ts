/** Writes received messages to the tables: one transaction per batch, records by COPY, everything else as parameters. */
import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { copy } from './database.ts';
import { type FleetRecord, type Intake, joined, note } from './intake.ts';
import { copyLine } from './text.ts';

/** A table of the connection alone; emptied by each commit. */
export const STAGING = `CREATE TEMPORARY TABLE IF NOT EXISTS incoming (
  device text, stream text, seq bigint, boot text, kind text, mono_us bigint, wall_ms double precision, clock text,
  body jsonb) ON COMMIT DELETE ROWS`;

const COPY = 'COPY incoming (device, stream, seq, boot, kind, mono_us, wall_ms, clock, body) FROM STDIN';

/** New rows, and with them what is known of their streams. In the order of the names, so that two collectors never wait for each other. */
const TAKE = `
WITH fresh AS (
  INSERT INTO records (device, stream, seq, boot, kind, mono_us, wall_ms, clock, time, body)
  SELECT device, stream, seq, boot, kind, mono_us, wall_ms, clock,
         to_timestamp(coalesce(wall_ms, mono_us / 1000.0) / 1000), body
  FROM incoming ORDER BY device, stream, seq
  ON CONFLICT DO NOTHING RETURNING device, stream, seq, time
), told AS (
  INSERT INTO streams AS s (device, stream, newest_seq, newest_time, rows, known)
  SELECT device, stream, max(seq), max(time), count(*), range_agg(int8range(seq, seq + 1))
  FROM fresh GROUP BY device, stream ORDER BY device, stream
  ON CONFLICT (device, stream) DO UPDATE SET
    newest_seq = greatest(s.newest_seq, excluded.newest_seq),
    newest_time = greatest(s.newest_time, excluded.newest_time),
    rows = s.rows + excluded.rows, known = s.known + excluded.known, updated = clock_timestamp()
)
SELECT count(*)::int AS fresh FROM fresh`;

const PARTS = `INSERT INTO parts (device, stream, seq, parts, part, literal)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::int[], $6::text[]) ON CONFLICT DO NOTHING`;

const COMPLETE = `SELECT device, stream, seq::float8 AS seq, parts, array_agg(literal ORDER BY part) AS literals
FROM parts WHERE (device, stream, seq, parts) IN
  (SELECT device, stream, seq, parts FROM parts GROUP BY 1, 2, 3, 4 HAVING count(*) = parts LIMIT 10)
GROUP BY 1, 2, 3, 4`;

const REJECT = `INSERT INTO rejected (device, topic, reason, bytes, start)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])`;

const MOST_REJECTED = 1000;

/**
 * Runs the schema, unless exactly this text was run before: views are replaced under a lock that waits for every reader.
 * One collector at a time, because two that create the same table at once would collide.
 */
export async function migrate(client: Client, schema: string): Promise<void> {
  const digest = createHash('sha256').update(schema).digest('hex');
  const { rows } = await client.query<{ digest: string | null }>(
    `SELECT obj_description(to_regclass('records'), 'pg_class') AS digest`,
  );
  if (rows[0]?.digest === digest) return;
  const noted = `COMMENT ON TABLE records IS '${digest}'`;
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(841305707);\n${schema}\n;${noted};COMMIT`);
}

/** Of the rows that a batch brought, those that were new. */
export interface Taken {
  readonly fresh: number;
  readonly repeated: number;
}

const column = <T, K extends keyof T>(rows: readonly T[], key: K): T[K][] => rows.map((row) => row[key]);

/** Writes a batch; to be called inside a transaction. */
export async function take(client: Client, batch: readonly Intake[]): Promise<Taken> {
  const records = batch.flatMap((intake) => intake.records);
  const parts = batch.flatMap((intake) => intake.parts);
  const rejected = batch.flatMap((intake) => intake.rejected);
  const fresh = await takeRecords(client, records);
  if (parts.length > 0) {
    const keys = ['device', 'stream', 'seq', 'parts', 'part', 'literal'] as const;
    await client.query(
      PARTS,
      keys.map((key) => column(parts, key)),
    );
  }
  if (rejected.length > 0) {
    const keys = ['device', 'topic', 'reason', 'bytes', 'start'] as const;
    await client.query(
      REJECT,
      keys.map((key) => column(rejected, key)),
    );
    await client.query('DELETE FROM rejected WHERE id <= (SELECT max(id) FROM rejected) - $1', [MOST_REJECTED]);
  }
  return { fresh, repeated: records.length - fresh };
}

async function takeRecords(client: Client, records: readonly FleetRecord[]): Promise<number> {
  if (records.length === 0) return 0;
  const lines = records.map(({ device, stream, seq, boot, kind, monoUs, wallMs, clock, body }) =>
    copyLine([device, stream, seq, boot, kind, monoUs, wallMs, clock, body]),
  );
  await copy(client, COPY, lines.join(''));
  const { rows } = await client.query<{ fresh: number }>(TAKE);
  return rows[0]?.fresh ?? 0;
}

interface Complete {
  readonly device: string;
  readonly stream: string;
  readonly seq: number;
  readonly parts: number;
  readonly literals: readonly string[];
}

/**
 * Makes records of the parts that are all there, in the transaction that removes the parts; at most ten at once.
 * Returns null when there was nothing to do.
 */
export async function assemble(client: Client): Promise<(Taken & { readonly rejected: number }) | null> {
  const { rows } = await client.query<Complete>(COMPLETE);
  if (rows.length === 0) return null;
  const batch = rows.map(({ device, stream, seq, literals }): Intake => {
    const record = joined(device, stream, seq, literals);
    if (typeof record !== 'string') return { records: [record], parts: [], rejected: [] };
    const bytes = literals.reduce((sum, { length }) => sum + length, 0);
    const start = literals[0] ?? '';
    return { records: [], parts: [], rejected: [note(`remix/1/${device}/tele`, record, bytes, start)] };
  });
  const taken = await take(client, batch);
  await client.query(
    `DELETE FROM parts WHERE (device, stream, seq, parts) IN
     (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[]))`,
    (['device', 'stream', 'seq', 'parts'] as const).map((key) => column(rows, key)),
  );
  return { ...taken, rejected: batch.flatMap(({ rejected }) => rejected).length };
}
