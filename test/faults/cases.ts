// The faults, one a row of docs/reliability.md: what is done, what must hold, what the user sees. scenario.ts runs them.
import { expect } from "vitest";
import { deployment } from "../cluster/manifests.ts";
import { waitFor } from "../cluster/wait-for.ts";
import { prometheusFaults } from "./prometheus-faults.ts";
import type { Fault, Seen } from "./proxy.ts";
import { SUBJECT } from "./scenario.ts";
import type { World } from "./scenario.ts";

type Sees =
  | { readonly kind: "condition"; readonly type: string; readonly status: string; readonly reason: string }
  | { readonly kind: "log"; readonly text: RegExp }
  /** Nothing that asks for attention; the text says why. */
  | { readonly kind: "nothing"; readonly text: string };

export interface FaultCase {
  readonly id: string;
  /** What fails, for the table. */
  readonly what: string;
  /** What happens, for the table. */
  readonly happens: string;
  /** How long it fails at least, wall clock; 1 s is 2 simulated minutes. */
  readonly seconds: number;
  readonly sees: Sees;
  /** The subject's demand or target cannot be seen: no lowering at all meanwhile. */
  readonly isBlind?: boolean;
  /** The neighbour, with the same operator, is decided on meanwhile. */
  readonly isNeighbourServed?: boolean;
  /** Does it; the answer undoes it. */
  readonly begin: (world: World) => Promise<{ readonly end: () => Promise<unknown> | void }>;
}

const SECONDS = 20;
const SOON_MS = 60_000;
const isWatch = ({ path }: Seen) => path.includes("watch=true");
const isScaleOf = (name: string) => ({ path }: Seen) => path.includes(`/${name}/scale`);
const isScalePatch = (seen: Seen) => seen.method === "PATCH" && isScaleOf(SUBJECT)(seen);
const LEASE_LOG = { kind: "log", text: /^The lease: / } as const;

/** The same fault for all requests that fit. */
const spoiled = (fault: Fault, when?: (seen: Seen) => boolean): FaultCase["begin"] => async ({ api }) => {
  const { lift } = api.inject({ fault, ...(when === undefined ? {} : { when }) });
  api.cutAll();
  return { end: lift };
};

const apiFaults: readonly FaultCase[] = [
  {
    id: "api-away",
    what: "the API server is away",
    happens: "no replicas are changed, leading ends before the lease does, and begins anew when the server is back",
    seconds: SECONDS,
    isBlind: true,
    sees: LEASE_LOG,
    begin: spoiled({ kind: "refuse" }),
  },
  {
    id: "api-410",
    what: "every watch is answered 410",
    happens: "the list is read anew, with growing pauses; decisions go on",
    seconds: SECONDS,
    isNeighbourServed: true,
    sees: { kind: "nothing", text: "nothing: scalers are decided on as before" },
    begin: spoiled({ kind: "status", status: 410 }, isWatch),
  },
];

const operatorFaults: readonly FaultCase[] = [
  {
    id: "sigkill-in-write",
    what: "the operator is killed in the middle of a write, and started again",
    happens: "the write was made or not; the new one decides on what is there, after the old lease is over",
    seconds: 5,
    sees: { kind: "nothing", text: "a restart of the pod; another `leaseTransitions`" },
    async begin(world) {
      const held = world.api.inject({ fault: { kind: "delay", ms: 3_000 }, when: isScalePatch });
      await waitFor("a write is under way", SOON_MS, async () => expect(held.hits()).toBeGreaterThan(0));
      world.operator().kill("SIGKILL");
      return {
        async end() {
          held.lift();
          await world.replace();
        },
      };
    },
  },
  {
    id: "sigstop",
    what: "the leader is paused past its lease, another leads, and it wakes up",
    happens: "it finds out before it writes and leads no more",
    seconds: 2,
    sees: { kind: "nothing", text: "`leaseTransitions` counts one more; `another replica holds the lease` in the log of the first" },
    async begin(world) {
      const first = world.operator();
      const second = await world.another();
      first.kill("SIGSTOP");
      await waitFor("the second leads", SOON_MS, async () => expect(second.lines().some(({ msg }) => msg === "leading")).toBe(true));
      return { end: () => first.kill("SIGCONT") };
    },
  },
];

const objectFaults: readonly FaultCase[] = [
  {
    id: "target-recreated",
    what: "the target is deleted and made anew",
    happens: "the new one is taken up, whatever its uid",
    seconds: 10,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "TargetNotFound" },
    async begin({ kubectl, namespace }) {
      await kubectl("delete", "deployment", SUBJECT, "--namespace", namespace);
      return { end: async () => void (await kubectl.apply(deployment(namespace, SUBJECT, 16))) };
    },
  },
];

export const CASES: readonly FaultCase[] = [...prometheusFaults, ...apiFaults, ...objectFaults, ...operatorFaults];
