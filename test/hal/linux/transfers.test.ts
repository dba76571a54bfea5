import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type End, type Start, Transfers } from '../../../src/hal/linux/transfers.ts';
import type { HalError } from '../../../src/hal/ports.ts';

const DEADLINE = 50;

/** A queue, the transfers that it started, and what each caller was told. */
function bench() {
  const started: { end: End; overdue: () => boolean }[] = [];
  const told: (HalError | null)[] = [];
  let recovered = 0;
  const transfers = new Transfers('i2c-1', DEADLINE, () => {
    recovered += 1;
  });
  const start: Start = (end, overdue) => {
    started.push({ end, overdue });
  };
  const push = () => transfers.push('readBlock', start, (error) => told.push(error));
  return { transfers, started, told, push, recovered: () => recovered };
}

describe('transfers on a bus', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('never overlap', () => {
    const { started, told, push } = bench();
    push();
    push();
    push();
    expect(started).toHaveLength(1);
    started[0]?.end(null);
    expect(started).toHaveLength(2);
    started[1]?.end(null);
    started[2]?.end(null);
    expect(told).toEqual([null, null, null]);
  });

  it('hand over their bytes before they say that they are done', () => {
    const { transfers } = bench();
    const order: string[] = [];
    transfers.push(
      'readBlock',
      (end) => end(null, () => order.push('bytes')),
      () => order.push('done'),
    );
    expect(order).toEqual(['bytes', 'done']);
  });

  it('time out just after the deadline and not before', () => {
    const { told, push } = bench();
    push();
    vi.advanceTimersByTime(DEADLINE - 1);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(told).toMatchObject([{ kind: 'timeout', detail: 'deadline', transient: true }]);
  });

  it('fail at once while one hangs, those that waited too, and none is started', () => {
    const { transfers, started, told, push } = bench();
    push();
    push();
    vi.advanceTimersByTime(DEADLINE + 1);
    push();
    expect(transfers.hung).toBe(true);
    expect(started).toHaveLength(1);
    expect(told.map((error) => error?.detail)).toEqual(['deadline', 'hung', 'hung']);
  });

  it('that come back too late change nothing and tell nobody, and then the bus works again', () => {
    const { transfers, started, told, push, recovered } = bench();
    push();
    vi.advanceTimersByTime(DEADLINE + 1);
    expect(started[0]?.overdue()).toBe(true);
    let written = false;
    started[0]?.end(null, () => {
      written = true;
    });
    expect(written).toBe(false);
    expect(told).toHaveLength(1);
    expect(recovered()).toBe(1);
    expect(transfers.hung).toBe(false);
    push();
    expect(started).toHaveLength(2);
  });

  it('wait in a queue of sixteen and no longer one', () => {
    const { told, push } = bench();
    for (let i = 0; i < 17; i += 1) push();
    expect(told).toEqual([]);
    push();
    expect(told).toMatchObject([{ kind: 'timeout', detail: 'queue-full' }]);
  });

  it('that wait fail when the port is closed; the one under way ends by itself', () => {
    const { transfers, started, told, push } = bench();
    push();
    push();
    transfers.close();
    expect(told).toMatchObject([{ kind: 'bus', detail: 'closed' }]);
    expect(transfers.idle).toBe(false);
    started[0]?.end(null);
    expect(told).toHaveLength(2);
    expect(transfers.idle).toBe(true);
    push();
    expect(told[2]).toMatchObject({ kind: 'bus', detail: 'closed' });
  });

  it('may be started from the call back of the one before', () => {
    const { transfers, started, told } = bench();
    transfers.push(
      'readBlock',
      (end) => end(null),
      () => {
        transfers.push(
          'readBlock',
          (end, overdue) => started.push({ end, overdue }),
          (e) => told.push(e),
        );
      },
    );
    expect(started).toHaveLength(1);
    started[0]?.end(null);
    expect(told).toEqual([null]);
  });
});
