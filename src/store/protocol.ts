/** Questions of the store to its thread, and the answers. */
import type { Batch } from './ledger.ts';
import type { Stamp } from './record.ts';
import type { VaultOptions } from './vault.ts';

export type Ask =
  | { readonly ask: 'open' | 'check'; readonly stamp: Stamp }
  | { readonly ask: 'commit'; readonly batch: Batch & { readonly stream: string | null } }
  | { readonly ask: 'read'; readonly afterSeq: number; readonly limit: number; readonly stamp: Stamp }
  | { readonly ask: 'syncs'; readonly limit: number; readonly stamp: Stamp }
  | { readonly ask: 'close' };

export type Question = Ask & { readonly id: number };

export type Answer =
  | { readonly id: number; readonly value: unknown; readonly error?: undefined }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } };

export interface WorkerData {
  readonly options: Omit<VaultOptions, 'newStream'>;
}
