/** What the thread of the page server is started with. */
export interface ThreadData {
  readonly boot: string;
  readonly stateDir: string;
  readonly runsDir: string;
  readonly port: number;
  readonly address: string;
  readonly names: string;
  /** PEM; null = plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Folder of the built page. */
  readonly pageDir: string;
  /** JSON of what does not change while the program runs. */
  readonly about: string;
  readonly version: string;
  readonly device: string;
  /** A time without samples that is a gap, s of the bench’s time. */
  readonly gapS: number;
}
