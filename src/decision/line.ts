// The forecaster and the demand rule walking together over samples: the one piece that the controller, the backtest and the demo share.
// Invariant: the rule always sees a sample right after the forecaster has taken the same sample.
import type { Forecaster } from "../forecast/index.ts";
import type { Applied, DemandRule } from "./decision.ts";

export interface Line {
  readonly forecaster: Forecaster;
  readonly rule: DemandRule;
  /** Takes one sample (NaN = missing); times advance by exactly one step. */
  observe(timeMs: number, value: number, applied?: Applied): void;
  exportState(): LineState;
  importState(state: LineState): void;
}

/** Copies of both states, transferable between threads. */
export interface LineState {
  readonly forecaster: readonly Float64Array[];
  readonly rule: readonly Float64Array[];
}

export function createLine(forecaster: Forecaster, rule: DemandRule): Line {
  return {
    forecaster,
    rule,
    observe(timeMs, value, applied) {
      forecaster.observe(timeMs, value);
      rule.observe(timeMs, value, forecaster, applied);
    },
    exportState: () => ({ forecaster: forecaster.exportState(), rule: rule.exportState() }),
    importState(state) {
      forecaster.importState(state.forecaster);
      rule.importState(state.rule);
    },
  };
}
