// The script inside a report: draws the charts, fills their tables when opened, sorts long tables. Plain JavaScript for any browser of today.

export const CLIENT = String.raw`
"use strict";
const COLUMNS = ["Demand", "Forecast", "95 % bound", "Capacity asked for", "Capacity ready"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const short = (value) => value == null ? "–" : Math.abs(value) >= 1000 ? (value / 1000).toFixed(1) + "k" : value >= 100 ? value.toFixed(0) : value.toFixed(1);

function chartOf(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const columns = data.columns;
  const times = columns[0].map((_, i) => data.startSeconds + i * data.stepSeconds);
  const [demand, forecast, upper, asked, ready] = columns;
  const isOver = (i) => demand[i] != null && ready[i] != null && demand[i] > ready[i];
  const parts = { hourCycle: "h23", weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  const written = new Intl.DateTimeFormat("en-GB", { timeZone: data.timeZone, ...parts });
  const holder = figure.querySelector(".plot");
  const outputs = [...figure.querySelectorAll("output[data-column]")];
  const clock = figure.querySelector("output[data-time]");
  const read = (i) => {
    for (const output of outputs) output.textContent = i == null ? "" : short(columns[output.dataset.column][i]);
    clock.textContent = i == null ? "" : written.format(times[i] * 1000) + (isOver(i) ? ", overloaded" : "");
  };
  let plot;
  const draw = () => {
    plot?.destroy();
    const hooks = { draw: [(drawn) => mark(drawn, data, times, isOver)], setCursor: [(moved) => read(moved.cursor.idx)] };
    plot = new uPlot({ ...options(data, holder), hooks }, [times, asked, ready, upper, forecast, demand], holder);
  };
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
  fillWhenOpened(figure.querySelector("details.every"), times, columns, written, isOver);
}

function options(data, holder) {
  const font = "12px system-ui, sans-serif";
  const lines = { stroke: colour("line"), width: 1 };
  const axis = { stroke: colour("soft"), grid: lines, ticks: lines, font };
  const narrow = holder.clientWidth < 480;
  const width = narrow ? 1 : 2;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const hours = ["{HH}:{mm}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1];
  const thousands = (tick) => Math.abs(tick) >= 1000 ? +(tick / 1000).toFixed(2) + "k" : String(tick);
  return {
    width: holder.clientWidth,
    height: narrow ? 320 : 400,
    legend: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timeZone),
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, (high || 1) * 1.05] } },
    axes: [
      { ...axis, space: 64, values: [[86400, "{WWW} {D} {MMM}", null, null, null, null, null, null, 0], [3600, ...hours], [60, ...hours]] },
      { ...axis, size: narrow ? 48 : 64, label: narrow ? undefined : data.unit, labelFont: font, labelSize: 20, values: (_, ticks) => ticks.map(thousands) },
    ],
    series: [
      {},
      { label: "Capacity asked for", stroke: colour("capacity"), width, dash: [4, 3], paths: stepped },
      { label: "Capacity ready", stroke: colour("capacity"), width, paths: stepped },
      { label: "95 % bound", points: { show: false } },
      { label: "Forecast", stroke: colour("forecast"), width },
      { label: "Demand", stroke: colour("demand"), width },
    ],
    bands: [{ series: [3, 4], fill: colour("band") }],
  };
}

/** Overloaded moments on the axis, and the present. */
function mark(plot, data, times, isOver) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const { min, max } = plot.scales.x;
  const width = Math.max(3 * ratio, bbox.width * data.stepSeconds / (max - min));
  const base = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = colour("overloaded");
  for (let i = 0; i < times.length; i++)
    if (isOver(i) && times[i] >= min && times[i] <= max) ctx.fillRect(plot.valToPos(times[i], "x", true) - width / 2, base - 9 * ratio, width, 9 * ratio);
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

function fillWhenOpened(details, times, columns, written, isOver) {
  details.addEventListener("toggle", () => {
    const holder = details.querySelector("div");
    if (!details.open || holder.firstChild) return;
    const head = "<tr>" + ["Time", ...COLUMNS, "Overloaded"].map((name) => '<th scope="col">' + name + "</th>").join("") + "</tr>";
    const cell = (value) => "<td>" + (value == null ? "–" : value.toFixed(1)) + "</td>";
    const row = (time, i) => '<tr><th scope="row" style="font-weight:inherit">' + written.format(time * 1000) + "</th>" +
      columns.map((column) => cell(column[i])).join("") + "<td>" + (isOver(i) ? "yes" : "no") + "</td></tr>";
    const rows = times.map(row);
    holder.innerHTML = "<table><thead>" + head + "</thead><tbody>" + rows.join("") + "</tbody></table>";
  });
}

function sortable(table) {
  table.querySelectorAll("th button").forEach((button, index) => button.addEventListener("click", () => {
    const head = button.parentElement;
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const valueOf = (row) => {
      const cell = row.cells[index];
      return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
    };
    const areNumbers = (a, b) => typeof a === "number" && typeof b === "number";
    const compare = (a, b) => areNumbers(a, b) ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (isUp ? 1 : -1) * compare(valueOf(a), valueOf(b))));
  }));
}

document.querySelectorAll("figure.demand-chart").forEach(chartOf);
document.querySelectorAll("table[data-sortable]").forEach(sortable);
`;
