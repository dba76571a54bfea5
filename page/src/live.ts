/**
 * What the controller says while the page is open. The stream is numbered: after a sleep it goes on where it stopped, and what is
 * gone for good is counted. A page that hears nothing says so. A page that nobody sees gives its stream back and only asks for the
 * state now and then: a browser has six connections to one server, and a stop must not wait for one of them.
 */
import type { PageEvent, PageState } from '../../src/params/page.ts';
import { look } from './api.ts';

/** Without a word for so long the link counts as lost, ms. */
export const SILENT_MS = 4000;
const AGAIN_MS = 2000;
const GLANCE_MS = 5000;
/** Events that the page keeps. */
const MOST_EVENTS = 2000;

export interface Live {
  readonly state: PageState | null;
  readonly events: readonly PageEvent[];
  /** Events that nobody can bring back. */
  readonly missed: number;
  /** When the last state came, by the clock of the browser, ms; null before the first. */
  readonly heardAt: number | null;
}

export class LiveStream {
  private source: EventSource | null = null;
  private lastId = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private live: Live = { state: null, events: [], missed: 0, heardAt: null };
  private glance: ReturnType<typeof setInterval> | undefined;
  private isOpen = false;

  constructor(private readonly tell: (live: Live) => void) {
    document.addEventListener('visibilitychange', () => {
      if (!this.isOpen) return;
      if (document.hidden) this.rest();
      else this.connect();
    });
    addEventListener('online', () => {
      if (this.isOpen && !document.hidden) this.connect();
    });
  }

  open(): void {
    this.isOpen = true;
    this.connect();
  }

  close(): void {
    this.isOpen = false;
    this.rest();
    clearInterval(this.glance);
  }

  /** Nobody sees the page: its title still says how the film is. */
  private rest(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
    clearInterval(this.glance);
    this.glance = setInterval(() => {
      void look<PageState>('/state').then((got) => {
        if ('data' in got && document.hidden) this.change({ state: got.data, heardAt: Date.now() });
      });
    }, GLANCE_MS);
  }

  private connect(): void {
    clearTimeout(this.timer);
    clearInterval(this.glance);
    this.source?.close();
    const source = new EventSource(
      `/api/v1/stream${this.lastId === '' ? '' : `?last=${encodeURIComponent(this.lastId)}`}`,
    );
    this.source = source;
    const on = (name: string, take: (data: unknown) => void): void => {
      source.addEventListener(name, (message) => {
        this.lastId = (message as MessageEvent).lastEventId;
        take(JSON.parse((message as MessageEvent<string>).data));
      });
    };
    on('state', (data) => this.change({ state: data as PageState, heardAt: Date.now() }));
    on('event', (data) => this.take(data as PageEvent));
    on('gap', (data) => {
      const { from, to } = data as { from: number; to: number };
      this.change({ missed: this.live.missed + to - from + 1 });
    });
    source.onerror = () => {
      // The browser tries again by itself unless the server has refused; then the page does, more slowly.
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.connect(), AGAIN_MS);
    };
  }

  private take(event: PageEvent): void {
    const { events } = this.live;
    const last = events.at(-1);
    // A restarted controller counts from 1 again.
    const before = last && event.seq <= last.seq ? [] : events;
    this.change({ events: [...before, event].slice(-MOST_EVENTS) });
  }

  private change(change: Partial<Live>): void {
    this.live = { ...this.live, ...change };
    this.tell(this.live);
  }
}
