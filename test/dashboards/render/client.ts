// The script of the page: draws each panel from its answers. Plain JavaScript for any browser of today.

export const CLIENT = String.raw`
"use strict";
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7F7F7F", "#B8A800"];
const trim = (value, digits) => String(+value.toFixed(digits));
const scaled = (value, sizes, base) => {
  let i = 0;
  while (Math.abs(value) >= base && i < sizes.length - 1) { value /= base; i++; }
  return trim(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2) + (sizes[i] ? (base === 1000 && sizes[i].length === 1 ? sizes[i] : " " + sizes[i]) : "");
};
const FORMATS = {
  none: (v, d) => d === undefined ? String(+v.toPrecision(3)) : trim(v, d),
  short: (v) => scaled(v, ["", "K", "M", "G"], 1000),
  percentunit: (v, d) => trim(100 * v, d ?? (Math.abs(v) < 0.0999 ? 2 : 1)) + "%",
  s: (v) => v === 0 ? "0 s" : Math.abs(v) < 0.001 ? trim(v * 1e6, 0) + " µs" : Math.abs(v) < 1 ? trim(v * 1e3, 1) + " ms" :
    v < 60 ? trim(v, 2) + " s" : v < 3600 ? trim(v / 60, 1) + " min" : trim(v / 3600, 1) + " h",
  bytes: (v) => scaled(v, ["B", "KiB", "MiB", "GiB"], 1024),
  ops: (v) => scaled(v, ["", "K"], 1000) + " ops/s",
  reqps: (v) => scaled(v, ["", "K"], 1000) + " req/s",
};
const format = (panel, v) => v == null || Number.isNaN(v) ? "–" : FORMATS[panel.unit](v, panel.decimals);
const last = (series) => series.values.at(-1)?.[1];
const element = (tag, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
};
const override = (panel, series, key) => panel.overrides[series.name]?.[key];
const colourOf = (panel, series, i) => override(panel, series, "color")?.fixedColor ?? panel.color?.fixedColor ?? PALETTE[i % PALETTE.length];
const thresholdColour = (panel, v) => panel.thresholds.filter(({ value }) => value === null || v >= value).at(-1)?.color;
const translucent = (hex, share) => hex + Math.round(share * 255).toString(16).padStart(2, "0");

function timesOf(panel) {
  return [...new Set(panel.series.flatMap(({ values }) => values.map(([time]) => time)))].sort((a, b) => a - b);
}

function timeseries(panel, body) {
  const legend = element("div", { className: "legend" });
  const holder = element("div");
  body.append(holder, legend);
  panel.series.forEach((series, i) => {
    const key = element("i");
    const dash = override(panel, series, "custom.lineStyle")?.fill;
    key.style.borderTopColor = colourOf(panel, series, i);
    key.style.borderTopStyle = dash === "dash" ? "dashed" : dash === "dot" ? "dotted" : "solid";
    legend.append(element("span", {}, key, series.name));
  });
  const times = timesOf(panel);
  const columns = panel.series.map(({ values }) => {
    const at = new Map(values);
    return times.map((time) => at.get(time) ?? null);
  });
  if (panel.isStacked) for (let i = columns.length - 1; i >= 0; i--) columns[i] = columns[i].map((value, j) => (value ?? 0) + (columns[i + 1]?.[j] ?? 0));
  const stepped = uPlot.paths.stepped({ align: 1 });
  const bands = panel.isStacked ? panel.series.slice(1).map((_, i) => ({ series: [i + 1, i + 2] })) : panel.series.flatMap((series, i) => {
    const to = panel.series.findIndex(({ name }) => name === override(panel, series, "custom.fillBelowTo"));
    return to < 0 ? [] : [{ series: [i + 1, to + 1], fill: translucent(colourOf(panel, series, i), 0.2) }];
  });
  const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const size = () => ({ width: body.clientWidth, height: body.clientHeight - legend.offsetHeight - 4 });
  const series = panel.series.map((one, i) => {
    const ink = colourOf(panel, one, i);
    const isEdge = override(panel, one, "custom.lineWidth") === 0;
    const key = legend.children[i].firstChild;
    if (isEdge) Object.assign(key.style, { borderTop: "0", height: "10px", verticalAlign: "-1px", background: translucent(ink, 0.3) });
    const path = override(panel, one, "custom.lineInterpolation") === "stepAfter" ? { paths: stepped } : {};
    const dash = override(panel, one, "custom.lineStyle")?.dash;
    return { label: one.name, stroke: isEdge ? "transparent" : ink, width: panel.width, points: { show: false }, ...path,
      ...(dash ? { dash } : {}), ...(panel.isStacked ? { fill: translucent(ink, panel.fill / 100) } : {}) };
  });
  const range = (_, low, high) => {
    const top = panel.max ?? (high === null ? 1 : high + 0.05 * (high - (panel.min ?? low) || Math.abs(high) || 1));
    const bottom = panel.min ?? Math.min(panel.softMin ?? Infinity, low === null ? 0 : low - 0.05 * (high - low || Math.abs(low) || 1));
    return [bottom, top > bottom ? top : bottom + 1];
  };
  const marks = panel.thresholdsMode === "dashed" ? panel.thresholds.filter(({ value }) => value !== null) : [];
  const drawMarks = (plot) => {
    for (const { value, color } of marks) {
      const y = plot.valToPos(value, "y", true);
      plot.ctx.save();
      plot.ctx.strokeStyle = color;
      plot.ctx.setLineDash([6, 6]);
      plot.ctx.beginPath();
      plot.ctx.moveTo(plot.bbox.left, y);
      plot.ctx.lineTo(plot.bbox.left + plot.bbox.width, y);
      plot.ctx.stroke();
      plot.ctx.restore();
    }
  };
  new uPlot({
    ...size(), legend: { show: false }, cursor: { show: false }, hooks: { draw: [drawMarks] }, scales: { y: { range } }, bands, series: [{}, ...series],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    axes: [
      { ...axis, space: 70, values: (_, marks) => marks.map((t) => new Date(t * 1000).toISOString().slice(11, 16)) },
      { ...axis, size: 74, label: panel.axis, labelSize: 18, labelFont: "12px system-ui, sans-serif", values: (_, marks) => marks.map((v) => format(panel, +v.toPrecision(12))) },
    ],
  }, [times, ...columns], holder);
}

function stat(panel, body) {
  const { textMode, colorMode } = panel.options;
  const box = element("div", { className: "stat" + (textMode === "name" || panel.series.length > 1 ? " long" : "") });
  for (const series of panel.series) {
    const value = last(series);
    const shown = element("strong", { textContent: textMode === "name" ? series.name : format(panel, value) });
    if (colorMode === "value") shown.style.color = thresholdColour(panel, value);
    box.append(element("div", {}, ...(textMode === "value_and_name" ? [element("small", { textContent: series.name })] : []), shown));
  }
  body.append(box);
}

function bargauge(panel, body) {
  const box = element("div", { className: "bars" });
  const top = panel.max ?? Math.max(...panel.series.map(last), 1e-9);
  panel.series.forEach((series, i) => {
    const bar = element("span");
    bar.style.width = (100 * last(series)) / top + "%";
    bar.style.background = colourOf(panel, series, i);
    box.append(element("div", { textContent: series.name }), bar, element("b", { textContent: format(panel, last(series)) }));
  });
  body.append(box);
}

const mapped = (mappings, value) => mappings[0]?.options[String(value)];

function table(panel, body) {
  const isNumber = (label) => label === "Value" && panel.mappings.length === 0;
  const cell = (tag, label, text) => element(tag, { textContent: text, className: isNumber(label) ? "number" : "" });
  const head = element("tr", {}, ...panel.columns.map(([label, name]) => cell("th", label, name)));
  const rows = panel.series.map((series) => element("tr", {}, ...panel.columns.map(([label]) =>
    cell("td", label, label === "Value" ? mapped(panel.mappings, last(series))?.text ?? format(panel, last(series)) : series.labels[label] ?? ""))));
  body.append(element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
}

function timeline(panel, body) {
  const box = element("div", { className: "timeline" });
  const times = timesOf(panel);
  const [from, to] = [times[0], times.at(-1)];
  const step = times[1] - times[0];
  for (const series of panel.series) {
    const mappings = override(panel, series, "mappings") ?? panel.mappings;
    const track = element("div", { className: "track" });
    let start = 0;
    series.values.forEach(([time, value], i) => {
      const next = series.values[i + 1];
      if (next && next[1] === value && next[0] - time <= step) return;
      const first = series.values[start][0];
      const share = (Math.min(to, time + step) - series.values[start][0]) / (to - from);
      const piece = element("i", { textContent: share > 0.1 ? mapped(mappings, value)?.text : "" });
      piece.style.left = (100 * (first - from)) / (to - from) + "%";
      piece.style.width = (100 * (Math.min(to, time + step) - first)) / (to - from) + "%";
      piece.style.background = mapped(mappings, value)?.color;
      track.append(piece);
      start = i + 1;
    });
    box.append(element("div", { textContent: series.name }), track);
  }
  const hours = element("div", { className: "legend" });
  hours.style.justifyContent = "space-between";
  for (let k = 0; k <= 4; k++) hours.append(element("span", { textContent: new Date((from + (k / 4) * (to - from)) * 1000).toISOString().slice(11, 16) }));
  box.append(element("div"), hours);
  body.append(box);
}

const KINDS = { timeseries, stat, bargauge, table, "state-timeline": timeline };
for (const panel of JSON.parse(document.getElementById("data").textContent)) {
  const body = document.querySelector("#panel-" + panel.id + " .body");
  if (panel.series.length === 0) body.append(element("div", { className: "none", textContent: "No data" }));
  else KINDS[panel.type](panel, body);
}
document.documentElement.dataset.drawn = "yes";
`;
