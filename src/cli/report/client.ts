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
  const [demand, , , , ready] = columns;
  const isOver = (i) => demand[i] != null && ready[i] != null && demand[i] > ready[i];
  const written = new Intl.DateTimeFormat("en-GB", { timeZone: data.timeZone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const holder = figure.querySelector(".plot");
  const outputs = [...figure.querySelectorAll("output[data-column]")];
  const clock = figure.querySelector("output[data-time]");

  const read = (i) => {
    for (const output of outputs) output.textContent = i == null ? "" : short(columns[output.dataset.column][i]);
    clock.textContent = i == null ? "" : written.format(times[i] * 1000) + (isOver(i) ? ", overloaded" : "");
  };
  const marks = (plot) => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const width = Math.max(3 * ratio, bbox.width * data.stepSeconds / (plot.scales.x.max - plot.scales.x.min));
    const base = bbox.top + bbox.height;
    ctx.save();
    ctx.fillStyle = colour("overloaded");
    for (let i = 0; i < times.length; i++) {
      if (!isOver(i) || times[i] < plot.scales.x.min || times[i] > plot.scales.x.max) continue;
      ctx.fillRect(plot.valToPos(times[i], "x", true) - width / 2, base - 9 * ratio, width, 9 * ratio);
    }
    if (data.nowSeconds != null) {
      const x = Math.round(plot.valToPos(data.nowSeconds, "x", true)) + 0.5;
      ctx.strokeStyle = colour("ink");
      ctx.beginPath(); ctx.moveTo(x, bbox.top); ctx.lineTo(x, base); ctx.stroke();
      ctx.fillStyle = colour("ink"); ctx.font = 12 * ratio + "px system-ui, sans-serif"; ctx.fillText("now", x + 4 * ratio, bbox.top + 12 * ratio);
    }
    ctx.restore();
  };
  const step = uPlot.paths.stepped({ align: 1 });
  const options = () => {
    const axis = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, font: "12px system-ui, sans-serif" };
    const narrow = holder.clientWidth < 480;
    const width = narrow ? 1 : 1.5;
    return {
      width: holder.clientWidth,
      height: narrow ? 320 : 400,
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.timeZone),
      cursor: { y: false, drag: { x: true, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, low, high) => [0, (high || 1) * 1.05] } },
      axes: [
        { ...axis, space: 64, values: [
          [86400, "{WWW} {D} {MMM}", null, null, null, null, null, null, 0],
          [3600, "{HH}:{mm}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1],
          [60, "{HH}:{mm}", "\n{WWW} {D} {MMM}", null, "\n{WWW} {D} {MMM}", null, null, null, 1] ] },
        { ...axis, size: narrow ? 48 : 64, label: narrow ? undefined : data.unit, labelFont: axis.font, labelSize: 20, values: (_, ticks) => ticks.map((tick) => Math.abs(tick) >= 1000 ? +(tick / 1000).toFixed(1) + "k" : String(tick)) },
      ],
      series: [
        {},
        { label: "Demand", stroke: colour("demand"), width },
        { label: "Forecast", stroke: colour("forecast"), width },
        { label: "95 % bound", points: { show: false } },
        { label: "Capacity asked for", stroke: colour("capacity"), width, dash: [4, 3], paths: step },
        { label: "Capacity ready", stroke: colour("capacity"), width, paths: step },
      ],
      bands: [{ series: [3, 2], fill: colour("band") }],
      hooks: { draw: [marks], setCursor: [(plot) => read(plot.cursor.idx)] },
    };
  };
  let plot;
  const draw = () => {
    plot?.destroy();
    plot = new uPlot(options(), [times, ...columns], holder);
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

function fillWhenOpened(details, times, columns, written, isOver) {
  details.addEventListener("toggle", () => {
    const holder = details.querySelector("div");
    if (!details.open || holder.firstChild) return;
    const head = "<tr>" + ["Time", ...COLUMNS, "Overloaded"].map((name) => '<th scope="col">' + name + "</th>").join("") + "</tr>";
    const rows = times.map((time, i) => '<tr><th scope="row" style="font-weight:inherit">' + written.format(time * 1000) + "</th>" +
      columns.map((column) => "<td>" + (column[i] == null ? "–" : column[i].toFixed(1)) + "</td>").join("") + "<td>" + (isOver(i) ? "yes" : "no") + "</td></tr>");
    holder.innerHTML = "<table><thead>" + head + "</thead><tbody>" + rows.join("") + "</tbody></table>";
  });
}

function sortable(table) {
  table.querySelectorAll("th button").forEach((button, index) => button.addEventListener("click", () => {
    const head = button.parentElement;
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const valueOf = (row) => { const cell = row.cells[index]; return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value); };
    const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (isUp ? 1 : -1) * compare(valueOf(a), valueOf(b))));
  }));
}

document.querySelectorAll("figure.demand-chart").forEach(chartOf);
document.querySelectorAll("table[data-sortable]").forEach(sortable);
`;
