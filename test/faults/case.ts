// What a fault is made of, and what several of them share. The lists of faults are beside this file; scenario.ts runs them.
import type { Fault, Seen } from "./proxy.ts";
import type { World } from "./world.ts";

type Sees =
  | { readonly kind: "condition"; readonly type: string; readonly status: string; readonly reason: string }
  | { readonly kind: "log"; readonly text: RegExp }
  /** Nothing that asks for attention; the text says why. */
  | { readonly kind: "nothing"; readonly text: string };

/** An operator that serves one case only. */
export interface Alone {
  /** Simulated seconds a second. */
  readonly rate?: number;
  /** An API server and an etcd that the case may stop. */
  readonly isOwnCluster?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export interface FaultCase {
  readonly id: string;
  /** What fails, for the table. */
  readonly what: string;
  /** What happens, for the table. */
  readonly happens: string;
  /** How long it fails at least, simulated minutes; default `MINUTES`. */
  readonly minutes?: number;
  /** And wall clock, for what leases, watches and pauses have to do with. */
  readonly seconds?: number;
  readonly sees: Sees;
  /** The subject's demand or target cannot be seen: no lowering at all meanwhile. */
  readonly isBlind?: boolean;
  /** The neighbour, with the same operator, is decided on meanwhile. */
  readonly isNeighbourServed?: boolean;
  /** Undefined: the fault is about one scaler, and shares an operator with others of its kind. */
  readonly alone?: Alone;
  /** Parts of the subject's metric beside the query. */
  readonly metric?: Readonly<Record<string, unknown>>;
  /** Before the operator is started. */
  readonly prepare?: (world: World) => Promise<unknown> | void;
  /** Does it; the answer undoes it. */
  readonly begin: (world: World) => Promise<{ readonly end: () => Promise<unknown> | void }>;
  /** What must hold beside the metric and the target before the subject counts as well. Throws while it does not. */
  readonly isWell?: (world: World) => Promise<void>;
}

/** Demand of the subject begins to fall 8 minutes after the fault began, and every window has passed when it ends. */
export const MINUTES = 40;
/** For what the operator does at once, wall clock, on a machine that is busy. */
export const SOON_MS = 120_000;
export const LEASE_LOG = { kind: "log", text: /^The lease: / } as const;
export const NOTHING = { kind: "nothing", text: "nothing: scalers are decided on as before" } as const;

export const isWatch = ({ path }: Seen) => path.includes("watch=true");
export const isScaleOf = (name: string) => ({ path }: Seen) => path.includes(`/${name}/scale`);
export const isScalePatch = (name: string) => (seen: Seen) => seen.method === "PATCH" && isScaleOf(name)(seen);

/** The same fault for all requests to the API server that fit. */
export function spoiled(fault: Fault, when?: (seen: Seen) => boolean): FaultCase["begin"] {
  return async ({ api }) => {
    const { lift } = api.inject({ fault, ...(when === undefined ? {} : { when }) });
    api.cutAll();
    return { end: lift };
  };
}
