/** The look of pages and drawings, once for all reports. */

/** Colours: c0..c6 tell things apart, also for the colour-blind; q0..q6 are an order, early to late. */
const LIGHT = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1b1b;--dim:#595959;--grid:#e2e2e2;--bad:#a40000;--badbg:#fdeaea;--note:#fff4d6;
--c0:#0072b2;--c1:#c85200;--c2:#007a5e;--c3:#111;--c4:#a0457e;--c5:#8a6d00;--c6:#5a5a5a;--q0:#440154;--q1:#472f7d;--q2:#39568c;--q3:#28788e;--q4:#1f8f84;--q5:#2f9a4d;--q6:#8a8f00}`;

const DARK = `
@media (prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#ececec;--dim:#b4b4b4;--grid:#33383e;--bad:#ff9d9d;--badbg:#3a1d1f;--note:#3b3210;
--c0:#56b4e9;--c1:#ff9a4a;--c2:#3dd6a3;--c3:#fff;--c4:#f0a0cc;--c5:#f0e442;--c6:#b0b0b0;--q0:#b08ae0;--q1:#8f95e6;--q2:#6fa3e0;--q3:#55b5cf;--q4:#4fcaa8;--q5:#8fdc6a;--q6:#fde725}}`;

/** What lines, axes and words of a drawing look like. */
const DRAWING = `
svg text{font:12px system-ui,sans-serif;fill:var(--fg)}.grid{stroke:var(--grid)}.axis{stroke:var(--dim);fill:none}.mark{stroke:var(--fg);stroke-dasharray:2 3}.onmap .mark{stroke:#fff}.band{stroke:var(--dim)}.hatch{stroke:var(--fg);fill:none}.paper{fill:var(--bg)}.ink{fill:var(--fg)}.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.thin{stroke-width:1.4}.steps{stroke-width:1.4}.dashed{stroke-dasharray:7 5}.dotted{stroke-dasharray:1 5}.dashdot{stroke-dasharray:9 4 1 4}.long{stroke-dasharray:14 6}${['c', 'q'].flatMap((k) => [0, 1, 2, 3, 4, 5, 6].map((n) => `path.${k}${n}{stroke:var(--${k}${n})}circle.${k}${n}{fill:var(--${k}${n})}`)).join('')}`;

const PAGE = `
*{box-sizing:border-box}body{margin:0 auto;max-width:1190px;padding:16px 24px;background:var(--bg);color:var(--fg);font:16px/1.45 system-ui,sans-serif}
h1{margin:.2em 0}h2{margin:2em 0 .4em;border-bottom:2px solid var(--dim)}h3{margin:1.6em 0 .2em}p{margin:.3em 0;max-width:120ch}small{color:var(--dim)}.simulated{background:var(--note);border:2px solid var(--c5);padding:10px 14px}.verdict{font-size:1.3em;font-weight:700}.bad{color:var(--bad);background:var(--badbg)}
table{border-collapse:collapse;width:100%;font-size:13px}caption{text-align:left;padding:6px 0;color:var(--dim)}thead th{background:var(--grid)}
th,td{text-align:left;vertical-align:top;padding:5px 8px;border:1px solid var(--grid);overflow-wrap:anywhere}
.scroll{overflow-x:auto}.row{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-end;margin:.6em 0}figure{margin:0;max-width:100%}figcaption{font-size:14px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:2px 0;padding:0;font-size:13px}.legend svg{vertical-align:-1px;margin-right:5px}`;

const PRINT = `
@media print{body{max-width:none;padding:0;zoom:.92;print-color-adjust:exact;-webkit-print-color-adjust:exact}figure,tr{break-inside:avoid}h2,h3,h3+p{break-after:avoid}
.row{display:block;font-size:0}section,h2+*~h2{break-before:page}h2+section{break-before:avoid}figure{display:inline-block;margin:0 10px 12px 0;vertical-align:bottom}.scroll{overflow:visible}@page{size:A4;margin:8mm}}`;

const COLOURS = new Map([...LIGHT.matchAll(/(--\w+):([^;}]+)/g)].map(([, name = '', colour = '']) => [name, colour]));

/** Of a drawing in a file of its own: on white, and without variables, which drawing programs do not know. */
export const DRAWING_STYLE = DRAWING.replace(
  /var\((--\w+)\)/g,
  (_, name: string) => COLOURS.get(name) ?? '#000',
).replace('system-ui,', '');

/** Of a page with drawings; A4 upright on paper. */
export const PAGE_STYLE = `${LIGHT}${DARK}${PAGE}${DRAWING}${PRINT}`;
