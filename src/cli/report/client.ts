// The script inside a report: draws the charts, fills their tables when opened, sorts long tables. Plain JavaScript for any browser of today.

export const CLIENT = String.raw`
"use strict";
const COLUMNS = ["Demand", "Forecast", "95 % bound", "Capacity asked for", "Capacity ready"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const MOST_ROWS = 2000;
const NARROW = 480;
const UNITS = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];
const unitOf = (value) => UNITS.find(([size]) => Math.abs(value) >= size);
const plain = (value) => value >= 100 || value === 0 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
const short = (value) => {
  if (value == null) return "–";
  const unit = unitOf(value);
  return unit ? (value / unit[0]).toFixed(1) + unit[1] : plain(value);
};

function chartOf(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const columns = data.columns;
  const times = columns[0].map((_, i) => data.startSeconds + i * data.stepSeconds);
  const [demand, forecast, upper, asked, ready] = columns;
  const over = overloadedPoints(data, times.length);
  const isOver = (i) => over[i] === 1;
  const parts = { hourCycle: "h23", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  const written = new Intl.DateTimeFormat("en-GB", { timeZone: data.timeZone, ...parts });
  const holder = figure.querySelector(".plot");
  const outputs = [...figure.querySelectorAll("output[data-column]")];
  const clock = figure.querySelector("output[data-time]");
  const read = (i) => {
    for (const output of outputs) output.textContent = i == null ? "" : short(columns[output.dataset.column][i]);
    clock.textContent = i == null ? "" : written.format(times[i] * 1000) + (isOver(i) ? ", overloaded" : "");
  };
  const [first, last] = [times[0], times[times.length - 1]];
  let seen = [first, last];
  let plot;
  const draw = () => {
    const before = seen;
    plot?.destroy();
    const hooks = {
      draw: [(drawn) => mark(drawn, data)],
      setCursor: [(moved) => read(moved.cursor.idx)],
      setScale: [(scaled, key) => {
        if (key !== "x") return;
        seen = [scaled.scales.x.min, scaled.scales.x.max];
        holder.dataset.span = seen.join(" ");
        const isDense = (seen[1] - seen[0]) / data.stepSeconds > 2 * holder.clientWidth;
        for (const line of scaled.series) line.width = isDense || holder.clientWidth < NARROW ? 1 : 2;
      }],
    };
    plot = new uPlot({ ...options(data, holder), hooks }, [times, asked, ready, upper, demand, forecast], holder);
    if (before[0] > first || before[1] < last) plot.setScale("x", { min: before[0], max: before[1] });
  };
  /** Shows from..to, moved into the data and never shorter than ten points. */
  const show = (from, to) => {
    const width = Math.min(last - first, Math.max(10 * data.stepSeconds, to - from));
    const min = Math.min(last - width, Math.max(first, (from + to - width) / 2));
    plot.setScale("x", { min, max: min + width });
  };
  figure.showSpan = show;
  for (const button of figure.querySelectorAll("button[data-zoom]")) button.addEventListener("click", () => {
    const [from, to] = seen;
    const part = (to - from) / 4;
    const moves = {
      in: [part, -part], out: [-2 * part, 2 * part],
      earlier: [-2 * part, -2 * part], later: [2 * part, 2 * part], all: [first - from, last - to] };
    const [left, right] = moves[button.dataset.zoom];
    show(from + left, to + right);
  });
  draw();
  let size = holder.clientWidth;
  new ResizeObserver(() => {
    if (holder.clientWidth === size) return;
    size = holder.clientWidth;
    draw();
  }).observe(holder);
  dark.addEventListener("change", draw);
  holder.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const i = Math.min(times.length - 1, Math.max(0, (plot.cursor.idx ?? 0) + by));
    plot.setCursor({ left: plot.valToPos(times[i], "x"), top: 0 });
  });
  fillWhenOpened(figure.querySelector("details.every"), times, columns, written, isOver, () => seen);
}

/** 1 for each point in whose time demand was above the ready capacity. */
function overloadedPoints(data, count) {
  const over = new Uint8Array(count);
  for (let k = 0; k < data.overloaded.length; k += 2) {
    const from = data.overloaded[k] / data.stepSeconds;
    over.fill(1, Math.floor(from + 1e-6), Math.ceil(from + data.overloaded[k + 1] / data.stepSeconds - 1e-6));
  }
  return over;
}

function options(data, holder) {
  const font = "12px system-ui, sans-serif";
  const lines = { stroke: colour("line"), width: 1 };
  const axis = { stroke: colour("soft"), grid: lines, ticks: lines, font };
  const narrow = holder.clientWidth < NARROW;
  const width = 2; // until the scale is known
  const stepped = uPlot.paths.stepped({ align: 1 });
  const hours = ["{HH}:{mm}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1];
  const ticks = (_, marks) => {
    const unit = unitOf(marks[marks.length - 1] ?? 0) ?? [1, ""];
    return marks.map((tick) => tick === 0 ? "0" : +(tick / unit[0]).toPrecision(4) + unit[1]);
  };
  return {
    width: holder.clientWidth,
    height: narrow ? 320 : 400,
    padding: [null, 36, null, null],
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timeZone),
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, (high || 1) * 1.05] } },
    axes: [
      { ...axis, space: 88, values: [[86400, "{WWW} {D} {MMM}", null, null, null, null, null, null, 0], [3600, ...hours], [60, ...hours]] },
      { ...axis, size: narrow ? 48 : 64, label: narrow ? undefined : data.unit, labelFont: font, labelSize: 20, values: ticks },
    ],
    series: [
      {},
      { label: "Capacity asked for", stroke: colour("capacity"), width, dash: [4, 3], paths: stepped },
      { label: "Capacity ready", stroke: colour("capacity"), width, paths: stepped },
      { label: "95 % bound", points: { show: false } },
      { label: "Demand", stroke: colour("demand"), width },
      { label: "Forecast", stroke: colour("forecast"), width },
    ],
    bands: [{ series: [3, 5], fill: colour("band") }],
  };
}

/** Overloaded moments on the axis, the taller the longer, and the present. */
function mark(plot, data) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const { min, max } = plot.scales.x;
  const base = bbox.top + bbox.height;
  const bin = 3 * ratio;
  const count = Math.ceil(bbox.width / bin);
  const seconds = (max - min) * bin / bbox.width;
  const shares = new Float64Array(count);
  for (let k = 0; k < data.overloaded.length; k += 2) {
    const from = (data.startSeconds + data.overloaded[k] - min) / seconds;
    const to = from + data.overloaded[k + 1] / seconds;
    for (let j = Math.max(0, Math.floor(from)); j < Math.min(count, to); j++) shares[j] += Math.min(j + 1, to) - Math.max(j, from);
  }
  ctx.save();
  ctx.fillStyle = colour("overloaded");
  shares.forEach((share, j) => {
    const height = (4 + 10 * Math.sqrt(Math.min(1, share))) * ratio;
    if (share > 0) ctx.fillRect(bbox.left + j * bin, base - height, Math.min(bin, bbox.width - j * bin), height);
  });
  if (data.nowSeconds != null) {
    const x = Math.round(plot.valToPos(data.nowSeconds, "x", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = colour("ink");
    ctx.font = 12 * ratio + "px system-ui, sans-serif";
    ctx.textAlign = "left";
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, base);
    ctx.stroke();
    ctx.fillText("now", x + 4 * ratio, bbox.top + 12 * ratio);
  }
  ctx.restore();
}

/** The numbers of the span that is seen, when the table is opened. */
function fillWhenOpened(details, times, columns, written, isOver, seen) {
  details.addEventListener("toggle", () => {
    if (!details.open) return;
    const holder = details.querySelector("div");
    const [from, to] = seen();
    const head = "<tr>" + ["Time", ...COLUMNS, "Overloaded"].map((name) => '<th scope="col">' + name + "</th>").join("") + "</tr>";
    const cell = (value) => "<td>" + (value == null ? "–" : Math.abs(value) >= 10 ? value.toFixed(1) : value.toPrecision(3)) + "</td>";
    const row = (i) => '<tr><th scope="row" style="font-weight:inherit">' + written.format(times[i] * 1000) + "</th>" +
      columns.map((column) => cell(column[i])).join("") + "<td>" + (isOver(i) ? "yes" : "no") + "</td></tr>";
    const indexes = [...times.keys()].filter((i) => times[i] >= from && times[i] <= to);
    const rows = indexes.slice(0, MOST_ROWS).map(row);
    const note = "<p>The first " + MOST_ROWS + " of " + indexes.length + " rows. Zoom in, close and open this for others.</p>";
    const rest = indexes.length > MOST_ROWS ? note : "";
    holder.innerHTML = rest + "<table><thead>" + head + "</thead><tbody>" + rows.join("") + "</tbody></table>";
  });
}

function sortable(table) {
  table.querySelectorAll("thead th button").forEach((button) => button.addEventListener("click", () => {
    const head = button.parentElement;
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const valueOf = (row) => {
      const cell = row.cells[head.cellIndex];
      return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    };
    const areNumbers = (a, b) => typeof a === "number" && typeof b === "number";
    const compare = (a, b) => areNumbers(a, b) ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (isUp ? 1 : -1) * compare(valueOf(a), valueOf(b))));
  }));
}

document.querySelectorAll("figure.demand-chart").forEach(chartOf);
document.querySelectorAll("button[data-from]").forEach((button) => button.addEventListener("click", () => {
  const figure = document.querySelector("figure.demand-chart");
  figure.showSpan(Number(button.dataset.from), Number(button.dataset.to));
  figure.scrollIntoView({ block: "start" });
}));
document.querySelectorAll("table[data-sortable]").forEach(sortable);
`;
