import type { Settings } from '../params/settings.ts';

/** What the page server is started with; everything else it reads itself. */
export interface PageData {
  readonly boot: string;
  /** Those of the start: limits and facts of the bench do not change while the program runs. */
  readonly settings: Settings;
  /** Options of the command line that lead to the same configuration. */
  readonly configArguments: readonly string[];
  /** PEM; null = plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Folder of the built page. */
  readonly pageDir: string;
  /** A time without samples that is a gap, s of the bench’s time. */
  readonly gapS: number;
}

/** The first message to its process. */
export interface ToProcess {
  readonly kind: 'begin';
  readonly data: PageData;
}
