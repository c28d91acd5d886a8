// The forecaster and two demand rules walking together over samples: the one piece that the controller, the backtest and the demo share.
// One rule goes by the forecast, one by the demand of now, each calibrated for itself; the gate says whose number counts.
// Invariants: the rules always see a sample right after the forecaster has taken the same sample; a change of control never lowers `wanted`
// before a scale-down window has passed.
import type { Forecaster, PointForecast } from "../forecast/index.ts";
import { createCollapseWatch } from "./collapse.ts";
import type { Applied, DemandRule, DemandSettings, LineDemand } from "./decision.ts";
import { createDemandRule } from "./demand/demand-rule.ts";
import { createGate } from "./gate.ts";
import type { GateState } from "./gate.ts";

export interface Line {
  readonly forecaster: Forecaster;
  /** The rule on the forecast, whoever has control. */
  readonly rule: DemandRule;
  /** Takes one sample (NaN = missing); times advance by exactly one step. */
  observe(timeMs: number, value: number, applied?: Applied): void;
  /** What the rule in control says; after a change of control, for one scale-down window never below what was wanted before it. */
  demand(): LineDemand;
  /** What belongs into LineDemand.ahead: dearer than the rest, so that who decides asks for it. */
  ahead(): LineDemand["ahead"];
  gate(): GateState;
  /** Goes on from the control of a line that served until now. */
  inherit(before: GateState): void;
  exportState(): LineState;
  importState(state: LineState): void;
}

/** Copies of the states, transferable between threads. */
export interface LineState {
  readonly forecaster: readonly Float64Array[];
  readonly rule: readonly Float64Array[];
  /** The rule on the demand of now, and the gate. */
  readonly present: readonly Float64Array[];
  readonly gate: readonly Float64Array[];
}

// Places in the hand-over's state.
const HELD = 0; // replicas wanted at the last change of control
const STEPS_SINCE = 1; // since that change; Infinity: none
const LAST = 2; // last present sample

/** A line standing before its first sample; both rules have the same settings; that on the demand of now plans for all hours. */
export function createLine(forecaster: Forecaster, settings: DemandSettings): Line {
  const onForecast = createDemandRule(settings);
  const onPresent = createDemandRule({ ...settings, plansAllHours: true });
  const gate = createGate(settings.stepMs, settings.leadSteps);
  const handOver = Float64Array.of(settings.minReplicas, Infinity, NaN);
  const watch = createCollapseWatch(settings.stepMs, settings.stabilizationSteps);
  const gateState = [...gate.state, handOver, watch.state];
  const persistence: PointForecast = { forecast: () => handOver[LAST]! };
  const inControl = () => (gate.hasForecastControl ? onForecast : onPresent);
  const { aheadSteps, stepMs } = settings;
  const path = new Float64Array(aheadSteps === undefined ? 0 : aheadSteps + settings.leadSteps);
  const ahead = (): LineDemand["ahead"] => {
    if (aheadSteps === undefined || !gate.hasForecastControl) return undefined;
    forecaster.putPath(path);
    const needs = onForecast.needsAhead(path);
    return needs === undefined ? undefined : { stepMs, needs };
  };
  const demandNow = (): LineDemand => {
    const demand = inControl().demand();
    const held = handOver[STEPS_SINCE]! <= settings.stabilizationSteps ? handOver[HELD]! : 0;
    const control = gate.hasForecastControl ? "forecast" : "demand";
    return { ...demand, control, collapse: watch.collapse(), stabilized: Math.max(demand.stabilized, held), wanted: Math.max(demand.wanted, held) };
  };
  return {
    forecaster,
    rule: onForecast,
    observe(timeMs, sample, applied) {
      forecaster.observe(timeMs, sample);
      // A value that is stuck tells nothing of the demand: it is missing here too, and lowers nothing.
      const value = forecaster.anomaly()?.kind === "stuck" ? NaN : sample;
      if (value >= 0 && value < Infinity) handOver[LAST] = value;
      watch.take(value, forecaster.said.forecast);
      const before = gate.hasForecastControl;
      gate.take(timeMs, value, forecaster.forecast(settings.leadSteps));
      if (before === gate.hasForecastControl) handOver[STEPS_SINCE] = handOver[STEPS_SINCE]! + 1;
      else {
        handOver[HELD] = (before ? onForecast : onPresent).demand().wanted;
        handOver[STEPS_SINCE] = 0;
      }
      // What happened at the target is the doing of the rule that has been in control for a whole lead; the other goes by what would have happened.
      const isOwn = handOver[STEPS_SINCE] > settings.leadSteps;
      const applicable = applied === undefined || isOwn ? applied : { ...applied, ownThroughout: false };
      onForecast.observe(timeMs, value, forecaster, before ? applicable : undefined);
      onPresent.observe(timeMs, value, persistence, before ? undefined : applicable);
    },
    demand: demandNow,
    ahead,
    gate: () => gate.gate(),
    inherit: (before) => gate.inherit(before),
    exportState: () => ({
      forecaster: forecaster.exportState(),
      rule: onForecast.exportState(),
      present: onPresent.exportState(),
      gate: gateState.map((array) => array.slice()),
    }),
    importState(state) {
      forecaster.importState(state.forecaster);
      onForecast.importState(state.rule);
      onPresent.importState(state.present);
      for (const [i, array] of gateState.entries()) array.set(state.gate[i]!);
    },
  };
}
