// The look of every report: one colour a meaning, system fonts, an 8 px grid, light and dark, 360 px and up.
// Colours: demand blue, forecast orange, capacity green, overloaded vermilion, comparisons grey.

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1a1a1a; --soft: #595959; --line: #d9d9d9; --panel: #f6f6f6;
  --demand: #0072B2; --forecast: #E69F00; --band: rgba(230, 159, 0, 0.2); --capacity: #009E73; --overloaded: #D55E00; --comparison: #7F7F7F;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #ececec; --soft: #a8a8a8; --line: #3a3d42; --panel: #1f2226;
    --demand: #56B4E9; --forecast: #FFC04D; --band: rgba(255, 192, 77, 0.2); --capacity: #33C89B; --overloaded: #FF8A3D; --comparison: #A6A6A6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 16px; max-width: 1120px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
h1 { margin: 16px 0 8px; font-size: 24px; line-height: 1.333; max-width: 72ch; text-wrap: balance; }
h2 { margin: 40px 0 8px; font-size: 18px; line-height: 1.333; }
p { margin: 8px 0; max-width: 72ch; }
.origin, .note, figcaption .note { color: var(--soft); }
.numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(208px, 1fr)); gap: 16px; margin: 24px 0; padding: 0; list-style: none; }
.numbers li { padding: 16px; background: var(--panel); border-radius: 8px; }
.numbers strong { display: block; font-size: 32px; line-height: 1.25; font-variant-numeric: tabular-nums; }
figure { margin: 24px 0; }
figcaption { margin-bottom: 8px; max-width: 72ch; }
.plot { width: 100%; min-height: 320px; touch-action: pan-y; }
.key { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 8px 0 0; padding: 0; list-style: none; font-variant-numeric: tabular-nums; }
.key li { white-space: nowrap; }
.key svg { width: 24px; height: 12px; margin-right: 8px; vertical-align: -1px; }
.key output { display: inline-block; min-width: 6ch; text-align: right; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 8px 0; }
th, td { padding: 4px 16px 4px 0; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
thead th { vertical-align: bottom; }
th:first-child, td:first-child, .words { text-align: left; }
th:last-child, td:last-child { padding-right: 0; }
td.best { font-weight: 700; }
th button { all: unset; cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px; }
button:focus-visible, summary:focus-visible, .plot:focus-visible { outline: 2px solid var(--demand); outline-offset: 2px; }
th[aria-sort="ascending"] button::after { content: " \\2191"; }
th[aria-sort="descending"] button::after { content: " \\2193"; }
button.link { all: unset; cursor: pointer; text-decoration: underline dotted; text-underline-offset: 3px; white-space: nowrap; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin: 8px 0; max-width: none; }
.tools button {
  font: inherit; font-size: 13px; padding: 2px 10px; color: var(--ink); background: var(--panel); border: 1px solid var(--line);
  border-radius: 8px; cursor: pointer; }
.tools output { color: var(--soft); }
.bar { display: inline-block; height: 12px; min-width: 2px; background: var(--capacity); border-radius: 2px; }
.bar.faint { opacity: 0.4; }
td:has(> .bar) { width: 240px; min-width: 80px; }
td.words:last-child { min-width: 28ch; }
.week th, .week td { padding: 2px 4px; border: 0; width: 48px; text-align: center; }
.week td { background: color-mix(in srgb, var(--forecast) var(--shade, 0%), transparent); }
.advice { padding-left: 24px; max-width: 72ch; }
.advice li { margin: 4px 0; }
pre { overflow-x: auto; padding: 16px; background: var(--panel); border-radius: 8px; font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
details { margin: 16px 0; }
summary { cursor: pointer; padding: 4px 0; font-weight: 600; }
.tall { max-height: 480px; overflow: auto; }
.tall thead th { position: sticky; top: 0; background: var(--paper); }
.mark { color: var(--overloaded); font-weight: 700; }
.u-hz .u-cursor-x, .u-hz .u-cursor-y { border-color: var(--soft); }
.u-select { background: color-mix(in srgb, var(--demand) 15%, transparent); }
@media (max-width: 480px) {
  h1 { font-size: 20px; } .numbers strong { font-size: 24px; } th, td { padding-right: 12px; } .key { gap: 4px 16px; } .key li { white-space: normal; }
  .stacked, .stacked tbody, .stacked tr, .stacked td, .stacked th { display: block; border: 0; text-align: left; padding: 0; }
  .stacked thead { position: absolute; clip-path: inset(50%); }
  .stacked tr { padding: 12px 0; border-bottom: 1px solid var(--line); }
  .stacked td::before { content: attr(data-head) ": "; color: var(--soft); }
  .stacked td.words:last-child { min-width: 0; } }
@media print { .plot { break-inside: avoid; } }
`;
