// A number for each hour of the week as a table that is also a picture: a column a day, a row an hour, the larger the stronger its colour.
import { escaped } from "./wording.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HOURS_A_DAY = 24;
/** Shade of the largest share, percent of the forecast's colour. */
const STRONGEST = 80;

/** `shares`: 168, Monday 00:00 first, NaN where there is none; shown as whole percent. */
export function weekTable(caption: string, shares: Float64Array): string {
  const most = shares.reduce((largest, share) => (share > largest ? share : largest), 0);
  const cell = (share: number) => {
    if (Number.isNaN(share)) return "<td>–</td>";
    return `<td style="--shade:${Math.round((STRONGEST * share) / (most || 1))}%">${(100 * share).toFixed(0)}</td>`;
  };
  const rows = Array.from({ length: HOURS_A_DAY }, (_, hour) => {
    const cells = DAYS.map((_day, day) => cell(shares[day * HOURS_A_DAY + hour] ?? NaN));
    return `<tr><th scope="row">${String(hour).padStart(2, "0")}:00</th>${cells.join("")}</tr>`;
  });
  const heads = ["Hour", ...DAYS].map((name) => `<th scope="col">${name}</th>`);
  const label = `aria-label="${escaped(caption)}"`;
  return `<div class="wide" role="region" tabindex="0" ${label}><table class="week" ${label}>
<thead><tr>${heads.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}
