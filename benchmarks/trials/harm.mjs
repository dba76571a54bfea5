/*
 * Loaded into the controller by `node --import`: harms the process from inside when it gets SIGUSR2, in the way that
 * TRIAL_HARM names. The controller itself is the product, unchanged.
 */
import { writeFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  // When it really began: a busy process hears the signal late.
  const [whole, nanos] = process.hrtime();
  if (process.env.TRIAL_STAMP) writeFileSync(process.env.TRIAL_STAMP, String(whole * 1e6 + Math.floor(nanos / 1e3)));
  switch (process.env.TRIAL_HARM) {
    case 'abort':
      process.abort();
      break;
    case 'heap': {
      const kept = [];
      for (;;) kept.push(new Array(1e6).fill({}));
    }
    case 'busy':
      for (;;);
    case 'cut':
      for (const handle of process._getActiveHandles()) {
        if (
          handle.constructor.name === 'Socket' &&
          handle.remoteAddress === undefined &&
          handle.connecting === false &&
          handle.fd === undefined
        )
          handle.destroy();
      }
      break;
  }
});
