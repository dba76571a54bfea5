/** The form of the file that tuning is kept in over a restart; files/kept.ts reads and writes it. */
import { z } from 'zod';

const revision = z.int().min(0);
const values = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));
/** What the file must look like. An answer may have more fields than these. */
export const KEPT = z.object({
  rev: revision,
  confirmed: values,
  answers: z.array(z.tuple([z.string(), z.looseObject({ code: z.number(), text: z.string() })])),
  trial: z
    .object({ rev: revision, by: z.string(), patch: z.union([z.string(), values]) })
    .nullable()
    .default(null),
  described: z.boolean().default(false),
  cycles: z.int().min(0).default(0),
});
