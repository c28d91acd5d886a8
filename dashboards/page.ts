// A dashboard from its rows of panels: ids and places are given here, so that none is used twice and nothing overlaps.
import { DashboardBuilder, DashboardCursorSync, DatasourceVariableBuilder, QueryVariableBuilder, VariableRefresh, VariableSort } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { DATA_SOURCE } from "./panels.ts";

export interface Row {
  readonly title: string;
  /** Laid out from left to right, and down where 24 columns are full. */
  readonly panels: readonly Panel[];
}

interface Variable {
  readonly name: string;
  readonly label: string;
  /** `label_values(…)`. */
  readonly query: string;
  /** Several or all may be chosen; else exactly one. */
  readonly isMany: boolean;
}

export interface Page {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly from: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

const COLUMNS = 24;
const TAG = "predictive-scaler";

export function pageOf({ uid, title, description, from, variables, rows }: Page): Dashboard {
  const builder = new DashboardBuilder(`Predictive scaler / ${title}`)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone("browser")
    .time({ from, to: "now" })
    .refresh("1m")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));
  for (const { name, label, query, isMany } of variables) {
    const variable = new QueryVariableBuilder(name).label(label).datasource(DATA_SOURCE).query({ query, refId: name }).refresh(VariableRefresh.OnTimeRangeChanged);
    variable.sort(VariableSort.NaturalAsc);
    if (isMany) variable.multi(true).includeAll(true).allValue(".*").current({ selected: true, text: ["All"], value: ["$__all"] });
    builder.withVariable(variable);
  }
  return { ...builder.build(), panels: laidOut(rows) };
}

function laidOut(rows: readonly Row[]): (Panel | RowPanel)[] {
  let id = 0;
  let y = 0;
  return rows.flatMap(({ title, panels }): (Panel | RowPanel)[] => {
    const head: RowPanel = { type: "row", collapsed: false, title, id: ++id, panels: [], gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 } };
    let x = 0;
    let tallest = 0;
    const placed = panels.map((panel): Panel => {
      const { w = COLUMNS, h = 8 } = panel.gridPos ?? {};
      if (x + w > COLUMNS) {
        x = 0;
        y += tallest;
        tallest = 0;
      }
      const gridPos = { x, y, w, h };
      x += w;
      tallest = Math.max(tallest, h);
      return { ...panel, id: ++id, gridPos };
    });
    y += tallest;
    return [head, ...placed];
  });
}
