/*
 * The way a heater is switched with onoff and setTimeout in many projects: `absolute` aims each timer at a fixed grid,
 * `chained` sets the next one when the last one fires, and drifts. Prints "RISING ASKED ACHIEVED" (µs).
 *
 *   node timers.mjs absolute|chained ON_US PERIOD_US START_US END_US
 */
const [style, ...numbers] = process.argv.slice(2);
const [on, period, start, end] = numbers.map(Number);
const now = () => {
  const [whole, nanos] = process.hrtime();
  return whole * 1e6 + Math.floor(nanos / 1e3);
};
const lines = [];
let cycle = 0;
let high = false;
const asked = () => start + cycle * period + (high ? on : 0);
function edge() {
  lines.push(`${high ? 0 : 1} ${asked()} ${now()}`);
  high = !high;
  if (!high) cycle += 1;
  if (asked() >= end) process.stdout.write(`${lines.join('\n')}\n`);
  else setTimeout(edge, style === 'absolute' ? (asked() - now()) / 1000 : (high ? on : period - on) / 1000);
}
setTimeout(edge, (start - now()) / 1000);
