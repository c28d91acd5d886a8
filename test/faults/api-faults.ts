// The faults of the API server and of the operator's access to it, each for the whole operator.
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { waitFor } from "../cluster/wait-for.ts";
import { isScalePatch, isWatch, LEASE_LOG, NOTHING, SOON_MS, spoiled } from "./case.ts";
import type { FaultCase } from "./case.ts";
import type { Seen } from "./proxy.ts";
import type { World } from "./world.ts";

const AWAY = "no replicas are changed, leading ends before the lease does, and begins anew when the server is back";
/** Leases and watches take wall-clock time: not so much of the morning may pass meanwhile. */
const SLOW_RATE = 40;
/** The longest pause of the reflector comes after 0.8 + 1.6 + … + 25.6 s. */
const PAST_ALL_PAUSES_SECONDS = 90;
const RETRY_AFTER_SECONDS = 2;
const DOWN_MS = 10_000;
const SHORTEST_GAP_MS = RETRY_AFTER_SECONDS * 1000 * 0.95;

const isOfScalers = ({ path, method }: Seen) => method === "GET" && path.split("?")[0]?.endsWith("/predictivescalers") === true;

export const apiFaults: readonly FaultCase[] = [
  {
    id: "api-restarted",
    what: "the API server is restarted, and is away for 10 s",
    happens: AWAY,
    isBlind: true,
    sees: LEASE_LOG,
    alone: { isOwnCluster: true },
    async begin({ cluster }) {
      const isBack = cluster().restartApiServer(DOWN_MS);
      return { end: () => isBack };
    },
  },
  {
    id: "api-away",
    what: "the API server is away for 40 minutes",
    happens: AWAY,
    isBlind: true,
    sees: LEASE_LOG,
    alone: {},
    begin: spoiled({ kind: "refuse" }),
  },
  {
    id: "api-away-long",
    what: "the API server is away until every pause between attempts is at its longest (90 s)",
    happens: AWAY,
    seconds: PAST_ALL_PAUSES_SECONDS,
    isBlind: true,
    sees: LEASE_LOG,
    alone: { rate: SLOW_RATE },
    begin: spoiled({ kind: "refuse" }),
  },
  {
    id: "api-silent",
    what: "the API server takes requests and answers nothing",
    happens: "each call is left at its limit, as if the server were away",
    isBlind: true,
    sees: LEASE_LOG,
    alone: {},
    begin: spoiled({ kind: "silent" }),
  },
  {
    id: "etcd-gone",
    what: "etcd is killed, and started again on its data after 10 s",
    happens: AWAY,
    isBlind: true,
    sees: LEASE_LOG,
    alone: { isOwnCluster: true },
    async begin({ cluster }) {
      const isBack = cluster().restartEtcd(DOWN_MS);
      return { end: () => isBack };
    },
  },
  {
    id: "api-429",
    what: "the API server answers everything 429 with Retry-After",
    happens: "it is left alone as long as it asks",
    isBlind: true,
    sees: LEASE_LOG,
    alone: {},
    async begin({ api }) {
      const askedMs: number[] = [];
      const when = (seen: Seen) => {
        if (isOfScalers(seen)) askedMs.push(performance.now());
        return true;
      };
      const { lift } = api.inject({ fault: { kind: "status", status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS }, when });
      api.cutAll();
      return {
        end() {
          lift();
          expect(askedMs.length).toBeGreaterThan(1);
          const gaps = askedMs.slice(1).map((atMs, i) => atMs - (askedMs[i] ?? 0));
          expect(Math.min(...gaps)).toBeGreaterThan(SHORTEST_GAP_MS);
        },
      };
    },
  },
  {
    id: "api-5xx",
    what: "half of all calls to the API server end with 500 or 503",
    happens: "they are made again; decisions go on, some late",
    sees: { kind: "log", text: /failed with 50[03]/ },
    alone: {},
    async begin({ api }) {
      const faults = [500, 503].map((status, i) => api.inject({ fault: { kind: "status", status }, share: i === 0 ? 1 / 4 : 1 / 3 }));
      api.cutAll();
      return { end: () => faults.forEach(({ lift }) => lift()) };
    },
  },
  {
    id: "api-410",
    what: "every watch is answered 410",
    happens: "the list is read anew, with growing pauses; decisions go on",
    isNeighbourServed: true,
    sees: NOTHING,
    alone: {},
    begin: spoiled({ kind: "status", status: 410 }, isWatch),
  },
  {
    id: "watch-silent",
    what: "open watches go silent, their connections stay",
    happens: "decisions go on; a watch without a line for two minutes is left and taken up again, and brings what was missed",
    minutes: 1,
    isNeighbourServed: true,
    sees: NOTHING,
    alone: { rate: SLOW_RATE },
    async begin({ api, kubectl, namespace, subject }) {
      expect(api.muteWatches()).toBeGreaterThan(0);
      await kubectl("patch", "psc", subject, "--namespace", namespace, "--type=merge", "-p", '{"spec":{"maxReplicas":39}}');
      return { end: () => undefined };
    },
    isWell: isObserved,
  },
  {
    id: "api-late",
    what: "every answer of the API server comes 2 s late",
    happens: "decisions go on, later",
    sees: { kind: "nothing", text: "nothing but the delay metrics" },
    alone: {},
    begin: spoiled({ kind: "delay", ms: 2_000 }, (seen) => !isWatch(seen)),
  },
  {
    id: "api-401-once",
    what: "the API server answers 401 once",
    happens: "the credentials are read again, and the call is made again at once",
    minutes: 10,
    isNeighbourServed: true,
    sees: NOTHING,
    alone: {},
    async begin({ api, operator }) {
      const linesBefore = operator().lines().length;
      const { hits, lift } = api.inject({ fault: { kind: "status", status: 401 }, times: 1 });
      await waitFor("a call is answered 401", SOON_MS, async () => expect(hits()).toBe(1));
      return {
        end() {
          lift();
          expect(operator().lines().slice(linesBefore).filter(({ msg }) => msg.includes("credentials"))).toEqual([]);
        },
      };
    },
  },
  {
    id: "token-expired",
    what: "the operator's token expires",
    happens: "nothing is changed; the file is read again, and a new token in it is used",
    isBlind: true,
    sees: { kind: "log", text: /does not accept the operator's credentials/ },
    alone: {},
    prepare: useTokenFile,
    async begin(world) {
      const old = readFileSync(tokenFile(world), "utf8").trim();
      const { hits } = world.api.inject({ fault: { kind: "status", status: 401 }, when: ({ authorization }) => authorization === `Bearer ${old}` });
      world.api.cutAll();
      return {
        async end() {
          expect(hits()).toBeGreaterThan(0);
          writeFileSync(tokenFile(world), await world.kubectl("create", "token", world.account, "--namespace", world.account, "--duration=3h"));
        },
      };
    },
  },
  {
    id: "lease-lost",
    what: "the lease cannot be renewed while a change of a scale is under way",
    happens: "leading ends at the renew deadline, the change under way is left, and leading begins anew",
    isBlind: true,
    sees: LEASE_LOG,
    alone: {},
    async begin({ api, subject }) {
      const held = api.inject({ fault: { kind: "silent" }, when: isScalePatch(subject) });
      await waitFor("a change of the scale is under way", SOON_MS, async () => expect(held.hits()).toBeGreaterThan(0));
      const lease = api.inject({ fault: { kind: "status", status: 500 }, when: ({ path }) => path.includes("/leases/") });
      return {
        end() {
          held.lift();
          lease.lift();
        },
      };
    },
  },
];

/** The subject's last edit has been taken up. */
export async function isObserved({ shown, subject }: World): Promise<void> {
  const { metadata, status } = await shown(subject);
  expect(status?.observedGeneration).toBe(metadata.generation);
}

const tokenFile = ({ kubeconfig }: World) => `${kubeconfig}.token`;

/** The operator reads its token from a file, as in a pod. */
function useTokenFile(world: World): void {
  const config = JSON.parse(readFileSync(world.kubeconfig, "utf8")) as { users: { user: { token?: string; "auth-provider"?: object } }[] };
  for (const { user } of config.users) {
    writeFileSync(tokenFile(world), user.token ?? "", { mode: 0o600 });
    delete user.token;
    user["auth-provider"] = { name: "tokenFile", config: { tokenFile: tokenFile(world) } };
  }
  writeFileSync(world.kubeconfig, JSON.stringify(config), { mode: 0o600 });
}
