// What a user could take instead, in this process: augurs' MSTL with AutoETS, and Prophet (its Stan model in WebAssembly).
// They are installed on demand below test/bench; nothing of the product needs them. Only the few names used here are declared.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Series } from "../../src/series/index.ts";

const MODULES = join(import.meta.dirname, "node_modules/@bsull");
const DAY_MS = 86_400_000;
/** A season is used where the history holds it so many times. */
const LEAST_PERIODS = 2;

/** Said where they are not installed. */
export const INSTALL = "The peers are not installed. Install them with: npm ci --prefix test/bench";

interface MstlModel {
  fit(values: Float64Array): void;
  predict(horizon: number, level: null): { readonly point: number[] };
  free(): void;
}

interface ProphetModel {
  fit(data: { readonly ds: number[]; readonly y: number[] }): void;
  predict(data: { readonly ds: number[] }): { readonly yhat: { readonly point: number[] } };
  free(): void;
}

interface WasmModule {
  initSync(options: { readonly module: Uint8Array }): unknown;
}

interface MstlModule extends WasmModule {
  readonly MSTL: { ets(periods: number[], options: { readonly impute: boolean }): MstlModel };
}

interface ProphetModule extends WasmModule {
  readonly Prophet: new (options: Readonly<Record<string, unknown>>) => ProphetModel;
}

/** Fitted to a history; predicts samples `from` to `to` (exclusive), counted from the start of that history. */
export interface Fitted {
  predict(from: number, to: number): number[];
  free(): void;
}

/** One way to forecast; `fit` throws where the library finds no model. */
export interface Peer {
  readonly name: string;
  fit(history: Series): Fitted;
}

export const arePeersInstalled = (): boolean => existsSync(join(MODULES, "augurs/mstl.js")) && existsSync(join(MODULES, "augurs-prophet-wasmstan/prophet-wasmstan.js"));

const load = async (path: string): Promise<unknown> => import(pathToFileURL(join(MODULES, path)).href);
const wasm = (path: string) => ({ module: readFileSync(join(MODULES, path)) });

/** Samples without gaps: a straight line between neighbours, the nearest one at the ends. */
function filled(values: Float64Array): Float64Array {
  const present = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
  const out = values.slice();
  const first = present[0];
  const last = present.at(-1);
  if (first === undefined || last === undefined) throw new Error("a history without samples, expected some");
  out.fill(values[first]!, 0, first).fill(values[last]!, last);
  present.slice(1).forEach((to, k) => {
    const from = present[k]!;
    for (let i = from + 1; i < to; i++) out[i] = values[from]! + ((values[to]! - values[from]!) * (i - from)) / (to - from);
  });
  return out;
}

const seasons = ({ stepMs, values }: Series): number[] => [DAY_MS, 7 * DAY_MS].map((periodMs) => periodMs / stepMs).filter((period) => values.length >= LEAST_PERIODS * period);

/** MSTL with day and week, AutoETS on the trend. */
export async function loadMstl(): Promise<Peer> {
  const module = (await load("augurs/mstl.js")) as MstlModule;
  module.initSync(wasm("augurs/mstl_bg.wasm"));
  return {
    name: "augurs MSTL-ETS",
    fit: (history) => {
      const model = module.MSTL.ets(seasons(history), { impute: false });
      model.fit(filled(history.values));
      const { length } = history.values;
      return { predict: (from, to) => model.predict(to - length, null).point.slice(from - length), free: () => model.free() };
    },
  };
}

/** Prophet, additive, day and week by its default Fourier orders; point forecasts only. Gaps are left out, as it is meant to be used. */
export async function loadProphet(): Promise<Peer> {
  const module = (await load("augurs/prophet.js")) as ProphetModule;
  module.initSync(wasm("augurs/prophet_bg.wasm"));
  const { optimizer } = (await load("augurs-prophet-wasmstan/prophet-wasmstan.js")) as { readonly optimizer: unknown };
  const season = (enabled: boolean) => ({ type: "manual", enabled });
  return {
    name: "Prophet (wasm)",
    fit: (history) => {
      const { startMs, stepMs, values } = history;
      const [day = false, week = false] = seasons(history).map(() => true);
      const model = new module.Prophet({
        optimizer, uncertaintySamples: 0, yearlySeasonality: season(false), weeklySeasonality: season(week), dailySeasonality: season(day),
      });
      const seconds = (i: number) => (startMs + i * stepMs) / 1000;
      const present = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
      model.fit({ ds: present.map(seconds), y: present.map((i) => values[i]!) });
      return { predict: (from, to) => model.predict({ ds: Array.from({ length: to - from }, (_, k) => seconds(from + k)) }).yhat.point, free: () => model.free() };
    },
  };
}
