// The faults, one a row of docs/reliability.md: what is done, what must hold, what the user sees. scenario.ts runs them.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  /** Part of the short version. */
  readonly isShort?: boolean;
  /** Of the subject. */
  readonly spec?: (prometheusUrl: string) => Readonly<Record<string, unknown>>;
  readonly args?: (prometheusUrl: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Before the scalers are applied. */
  readonly prepare?: (world: World) => Promise<void>;
  /** Does it; the answer undoes it. */
  readonly begin: (world: World) => Promise<{ readonly end: () => Promise<unknown> | void }>;
}

const SECONDS = 20;
const SOON_MS = 60_000;
const isWatch = ({ path }: Seen) => path.includes("watch=true");
export const isScaleOf = (name: string) => ({ path }: Seen) => path.includes(`/${name}/scale`);
const isScalePatch = (seen: Seen) => seen.method === "PATCH" && isScaleOf(SUBJECT)(seen);
const LEASE_LOG = { kind: "log", text: /^The lease: / } as const;

/** The same fault for all requests that fit. */
const spoiled = (fault: Fault, when?: (seen: Seen) => boolean, share?: number): FaultCase["begin"] => async ({ api }) => {
  const { lift } = api.inject({ fault, ...(when === undefined ? {} : { when }), ...(share === undefined ? {} : { share }) });
  api.cutAll();
  return { end: lift };
};
const aboutTarget = (id: string, what: string, happens: string, fault: Fault, reason: string): FaultCase => ({
  id,
  what,
  happens,
  seconds: SECONDS,
  isBlind: true,
  isNeighbourServed: true,
  sees: { kind: "condition", type: "AbleToScale", status: "False", reason },
  begin: spoiled(fault, isScaleOf(SUBJECT)),
});

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
    id: "api-silent",
    what: "the API server takes requests and answers nothing",
    happens: "each call is left at its limit, as if the server were away",
    seconds: SECONDS,
    isBlind: true,
    sees: LEASE_LOG,
    begin: spoiled({ kind: "silent" }),
  },
  {
    id: "api-429",
    what: "the API server answers everything 429 with Retry-After",
    happens: "it is left alone as long as it asks",
    seconds: SECONDS,
    isBlind: true,
    sees: LEASE_LOG,
    begin: spoiled({ kind: "status", status: 429, retryAfterSeconds: 2 }),
  },
  {
    id: "api-5xx",
    what: "half of all calls to the API server end with 503",
    happens: "they are made again; decisions go on, some late",
    seconds: SECONDS,
    sees: { kind: "log", text: /503|injected/ },
    begin: spoiled({ kind: "status", status: 503 }, undefined, 0.5),
  },
  {
    id: "api-410",
    what: "every watch is answered 410",
    happens: "the list is read anew, with growing pauses; decisions go on",
    seconds: SECONDS,
    isNeighbourServed: true,
    isShort: true,
    sees: { kind: "nothing", text: "nothing: scalers are decided on as before" },
    begin: spoiled({ kind: "status", status: 410 }, isWatch),
  },
  {
    id: "watch-silent",
    what: "open watches go silent, their connections stay",
    happens: "decisions go on with the last known scalers; a change of a scaler is seen when the watch is renewed, after 10 minutes at most",
    seconds: SECONDS,
    isNeighbourServed: true,
    sees: { kind: "nothing", text: "nothing: scalers are decided on as before" },
    async begin({ api }) {
      expect(api.muteWatches()).toBeGreaterThan(0);
      return { end: () => undefined };
    },
  },
  {
    id: "api-conflict",
    what: "every change of a scale is answered 409, for a minute",
    happens: "the target is read and decided on anew each time",
    seconds: 60,
    isNeighbourServed: true,
    sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "Conflict" },
    begin: spoiled({ kind: "status", status: 409 }, isScalePatch),
  },
  aboutTarget("scale-500", "reads and writes of a scale end with 500", "the target is left as it is", { kind: "status", status: 500 }, "KubernetesUnreachable"),
  aboutTarget("scale-garbage", "a scale's answer is no JSON", "the target is left as it is", { kind: "garbage" }, "KubernetesUnreachable"),
  aboutTarget("scale-cut", "a scale's answer is cut in the middle", "the target is left as it is", { kind: "cut" }, "KubernetesUnreachable"),
  {
    id: "api-delay",
    what: "every answer of the API server comes 2 s late",
    happens: "decisions go on, later",
    seconds: SECONDS,
    sees: { kind: "nothing", text: "nothing but the delay metrics" },
    begin: spoiled({ kind: "delay", ms: 2_000 }, (seen) => !isWatch(seen)),
  },
  {
    id: "token-expired",
    what: "the token expires",
    happens: "the file is read again, and the new token is used",
    seconds: 10,
    sees: { kind: "log", text: /401|Unauthorized|injected/ },
    prepare: useTokenFile,
    async begin(world) {
      const old = tokenIn(world);
      world.api.inject({ fault: { kind: "status", status: 401 }, when: ({ authorization }) => authorization === `Bearer ${old}` });
      world.api.cutAll();
      return {
        async end() {
          const account = `${world.namespace}-operator`;
          writeFileSync(tokenFile(world), await world.kubectl("create", "token", account, "--namespace", account, "--duration=3h"));
        },
      };
    },
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
    id: "sigterm",
    what: "SIGTERM under load, and another start",
    happens: "the lease is given up, it ends with 0; the next leads at once",
    seconds: 2,
    sees: { kind: "nothing", text: "the log ends with `stopped`" },
    async begin(world) {
      const slow = world.api.inject({ fault: { kind: "delay", ms: 500 }, when: (seen) => !isWatch(seen) });
      expect(await world.operator().stop()).toBe(0);
      slow.lift();
      return { end: () => world.replace() };
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
  {
    id: "lease-lost",
    what: "the lease cannot be renewed while a change of a scale is under way",
    happens: "leading ends at the renew deadline, the change under way is left, and leading begins anew",
    seconds: SECONDS,
    isBlind: true,
    sees: LEASE_LOG,
    async begin({ api }) {
      const held = api.inject({ fault: { kind: "silent" }, when: isScalePatch });
      const lease = api.inject({ fault: { kind: "status", status: 500 }, when: ({ path }) => path.includes("/leases/") });
      return {
        end() {
          held.lift();
          lease.lift();
        },
      };
    },
  },
  jump("clock-forward", "the node's clock jumps 1 h ahead", 30_000),
  jump("clock-back", "the node's clock jumps 1 h back", -30_000),
];

const objectFaults: readonly FaultCase[] = [
  {
    id: "target-recreated",
    what: "the target is deleted and made anew",
    happens: "the new one is taken up, whatever its uid",
    seconds: 10,
    isNeighbourServed: true,
    isShort: true,
    sees: { kind: "condition", type: "AbleToScale", status: "False", reason: "TargetNotFound" },
    async begin({ kubectl, namespace }) {
      await kubectl("delete", "deployment", SUBJECT, "--namespace", namespace);
      return { end: async () => void (await kubectl.apply(deployment(namespace, SUBJECT, 16))) };
    },
  },
  {
    id: "edited",
    what: "a scaler is edited again and again while it is reconciled",
    happens: "the last edit is the one that holds",
    seconds: 5,
    isNeighbourServed: true,
    sees: { kind: "nothing", text: "`status.observedGeneration` is that of the last edit" },
    async begin({ kubectl, namespace }) {
      const edit = (maxReplicas: number) =>
        kubectl("patch", "psc", SUBJECT, "--namespace", namespace, "--type=merge", "-p", JSON.stringify({ spec: { maxReplicas } }));
      for (let i = 0; i < 15; i++) await edit(30 + i);
      return {
        end: () =>
          waitFor("the last edit is observed", SOON_MS, async () => {
            const { metadata, status } = await kubectl.get<{ metadata: { generation: number }; status: { observedGeneration: number } }>("psc", SUBJECT, "--namespace", namespace);
            expect(status.observedGeneration).toBe(metadata.generation);
          }),
      };
    },
  },
];

export const CASES: readonly FaultCase[] = [...prometheusFaults, ...apiFaults, ...objectFaults, ...operatorFaults];

/** The wall clock of the operator jumps by `ms` on SIGUSR2: times 120 in simulated time. */
function jump(id: string, what: string, ms: number): FaultCase {
  const preload = fileURLToPath(new URL("clock-jump.mjs", import.meta.url));
  return {
    id,
    what,
    happens: "decisions go on at the new time; nothing waits for an hour",
    seconds: 5,
    env: { NODE_OPTIONS: `--import ${preload}`, CLOCK_JUMP_MS: String(ms) },
    sees: { kind: "nothing", text: "nothing but other timestamps" },
    async begin(world) {
      world.operator().kill("SIGUSR2");
      return { end: () => undefined };
    },
  };
}

const tokenFile = ({ kubeconfig }: World) => `${kubeconfig}.token`;

const tokenIn = (world: World) => readFileSync(tokenFile(world), "utf8").trim();

/** From the start on the operator reads its token from a file, as in a pod. */
async function useTokenFile(world: World): Promise<void> {
  const config = JSON.parse(readFileSync(world.kubeconfig, "utf8")) as { users: { user: { token?: string; tokenFile?: string } }[] };
  for (const { user } of config.users) {
    writeFileSync(tokenFile(world), user.token ?? "", { mode: 0o600 });
    delete user.token;
    user.tokenFile = tokenFile(world);
  }
  writeFileSync(world.kubeconfig, JSON.stringify(config), { mode: 0o600 });
  await world.operator().stop();
  await world.replace();
}
