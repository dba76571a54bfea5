/** The page server of a controller, asked by a program that shows its state. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from '../params/answers.ts';
import type { ChartData } from '../params/chart.ts';
import type { PageState } from '../params/page.ts';
import type { TopView } from './top-screen.ts';

const CHART_MS = 1000;
const TIMEOUT_MS = 3000;
const AGAIN_MS = 200;

/** What the page server answers, and since when nothing new came. */
export class PageLink {
  state: PageState | null = null;
  why: string | null = null;
  remedy = '';
  private rows: ChartData | null = null;
  private newAt = Number.NEGATIVE_INFINITY;
  private chartAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  /** s since the controller said something new; infinite before it has said two things. */
  readonly ageS = (): number => (performance.now() - this.newAt) / 1000;

  readonly view = (state: PageState, answer: string | null): TopView => ({
    ...{ url: this.url, state, answer, rows: this.rows, why: this.why },
    ageS: this.ageS(),
  });

  /** Asks for the state, and each second for the chart. Never throws: what went wrong is kept in `why`. */
  async look(columns: number): Promise<void> {
    try {
      const state = await this.ask<PageState>('state');
      const { state: before } = this;
      if (before && (state.seq !== before.seq || state.boot !== before.boot)) this.newAt = performance.now();
      this.state = state;
      if (performance.now() - this.chartAt > CHART_MS) {
        this.chartAt = performance.now();
        const seconds = Math.max(20, Math.min(columns, 300));
        this.rows = await this.ask<ChartData>(`chart?span_s=${seconds}&points=${seconds}`);
      }
      this.why = null;
    } catch (error) {
      this.why = error instanceof Error ? error.message : String(error);
    }
  }

  /** Heater off: asks until it is answered, or the person quits. */
  async stop(say: (text: string) => void, isOver: () => boolean): Promise<void> {
    for (;;) {
      try {
        return say((await this.ask<Answer>('commands/stop', '{}')).text);
      } catch (error) {
        if (error instanceof Denied) return say(error.message);
        say('Stop is not answered yet and is sent again; the heater may be on: go to the bench.');
      }
      if (isOver()) return;
      await wait(AGAIN_MS);
    }
  }

  private async ask<T>(path: string, body: string | null = null): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.url}/api/v1/${path}`, {
        ...(body === null ? {} : { method: 'POST', body }),
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (error) {
      this.remedy = 'Is the controller running (remixd health), and is this its address (--url)?';
      const { cause } = error as Error;
      throw new Error(cause instanceof Error && cause.message !== '' ? cause.message : (error as Error).message);
    }
    const data = (await response.json().catch(() => null)) as (T & Partial<Answer>) | null;
    if (response.ok && data !== null) return data;
    this.remedy = 'Make a token with `remixd web token --name NAME --may see`, and keep it in the file.';
    const text = data?.text ?? `HTTP ${response.status}`;
    throw response.status === 401 || response.status === 403 ? new Denied(text) : new Error(text);
  }
}

/** Asking again is no use. */
class Denied extends Error {}
