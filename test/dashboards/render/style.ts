// Grafana's measures: 24 columns, cells 30 px high, 8 px between panels; its colours of light and dark.

export const STYLE = `
:root { color-scheme: light dark; --paper: #f4f5f5; --panel: #ffffff; --ink: #24292e; --soft: #5a5f66; --line: #dcdde0; }
@media (prefers-color-scheme: dark) { :root { --paper: #111217; --panel: #181b1f; --ink: #ccccdc; --soft: #9a9aa8; --line: #2c3038; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 8px 16px; background: var(--paper); color: var(--ink); font: 14px/1.4 Inter, system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 18px; margin: 8px 0; }
main { display: grid; grid-template-columns: repeat(24, minmax(0, 1fr)); grid-auto-rows: 30px; gap: 8px; }
h2 { font-size: 15px; margin: 0; align-self: end; }
section { background: var(--panel); border: 1px solid var(--line); border-radius: 2px; padding: 4px 8px; display: flex; flex-direction: column; overflow: hidden; }
h3 { font-size: 13px; font-weight: 500; margin: 0 0 4px; display: flex; gap: 8px; white-space: nowrap; }
h3 a { margin-left: auto; font-size: 11px; color: var(--soft); }
section:not(:hover) h3 a { opacity: 0.6; }
.info { width: 15px; height: 15px; border: 1px solid var(--soft); color: var(--soft); border-radius: 50%; font-size: 10px; text-align: center; line-height: 13px; }
.body { flex: 1; min-height: 0; position: relative; overflow: hidden; }
.stat { display: flex; height: 100%; gap: 24px; align-items: center; justify-content: space-around; }
.stat div { text-align: center; min-width: 0; }
.stat strong { display: block; font-size: 30px; font-weight: 500; line-height: 1.2; white-space: nowrap; }
.stat.long strong { font-size: 20px; }
.stat small { color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 12px; padding-left: 8px; }
.legend i { display: inline-block; width: 14px; height: 0; border-top: 3px solid; margin-right: 6px; vertical-align: 4px; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 6px 10px; font-size: 12px; align-items: center; }
.bars span { height: 18px; border-radius: 1px; min-width: 1px; }
.bars b { font-weight: 500; text-align: right; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--soft); }
td.number, th.number { text-align: right; }
.timeline { display: grid; grid-template-columns: max-content 1fr; gap: 6px 10px; font-size: 12px; align-items: center; }
.track { position: relative; height: 22px; }
.track i { position: absolute; top: 0; bottom: 0; padding-left: 6px; line-height: 22px; color: #ffffff; font-style: normal; text-shadow: 0 0 2px #000; }
.none { color: var(--soft); display: grid; place-items: center; height: 100%; }
`;
