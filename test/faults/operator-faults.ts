// What happens to the operator's process and to its node.
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { waitFor } from "../cluster/wait-for.ts";
import { isScalePatch, isWatch, SOON_MS } from "./case.ts";
import type { FaultCase } from "./case.ts";
import { leftOut } from "./prometheus-faults.ts";

const preloaded = (file: string) => `--import ${fileURLToPath(new URL(file, import.meta.url))}`;
/** An hour of simulated time at the usual rate, and two leases of wall-clock time. */
const JUMP_MS = 30_000;
const HOUR_MS = 3_600_000;

export const operatorFaults: readonly FaultCase[] = [
  {
    id: "sigkill-in-write",
    what: "the operator is killed in the middle of a write, and started again",
    happens: "the write was made or not; the new one decides on what is there, after the old lease is over",
    minutes: 10,
    sees: { kind: "nothing", text: "a restart of the pod; another `leaseTransitions`" },
    alone: {},
    async begin(world) {
      const held = world.api.inject({ fault: { kind: "delay", ms: 3_000 }, when: isScalePatch(world.subject) });
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
    what: "SIGTERM while every call is under way for half a second, and another start",
    happens: "the lease is given up, it ends with 0; the next leads at once",
    minutes: 4,
    sees: { kind: "nothing", text: "the log ends with `stopped`" },
    alone: {},
    async begin(world) {
      const slow = world.api.inject({ fault: { kind: "delay", ms: 500 }, when: (seen) => !isWatch(seen) });
      await waitFor("calls are under way", SOON_MS, async () => expect(slow.hits()).toBeGreaterThan(2));
      expect(await world.operator().stop()).toBe(0);
      expect(world.operator().lines().at(-1)).toMatchObject({ msg: "stopped" });
      slow.lift();
      return { end: () => world.replace() };
    },
  },
  {
    id: "sigstop",
    what: "the leader is paused past its lease, another leads, and it wakes up",
    happens: "it finds out before it writes and leads no more",
    minutes: 4,
    sees: { kind: "nothing", text: "`leaseTransitions` counts one more; `another replica holds the lease` in the log of the first" },
    alone: {},
    async begin(world) {
      const first = world.operator();
      const second = await world.another();
      first.kill("SIGSTOP");
      await waitFor("the second leads", SOON_MS, async () => expect(second.lines().some(({ msg }) => msg === "leading")).toBe(true));
      const linesBefore = first.lines().length;
      return {
        async end() {
          first.kill("SIGCONT");
          const since = () => first.lines().slice(linesBefore);
          await waitFor("the first finds out", SOON_MS, async () => expect(since().map(({ msg }) => msg)).toContain("another replica holds the lease"));
          // A decision that is told has a trace: the first makes none.
          expect(since().filter((line) => "trace" in line)).toEqual([]);
        },
      };
    },
  },
  {
    id: "memory-limit",
    what: "the operator reaches its memory limit (64 MB of heap) and dies, and is started again",
    happens: "as when it is killed: the new one leads after the old lease is over",
    minutes: 10,
    sees: { kind: "nothing", text: "a restart of the pod" },
    alone: { env: { NODE_OPTIONS: `--max-old-space-size=64 ${preloaded("memory-leak.mjs")}` } },
    async begin(world) {
      world.operator().kill("SIGUSR2");
      await waitFor("it dies of its limit", SOON_MS, async () => expect(world.operator().exitCode()).toBe("SIGABRT"));
      return { end: () => world.replace() };
    },
  },
  {
    ...jump("clock-forward", "the clock of the operator's node is 1 h ahead for 40 minutes", JUMP_MS),
    happens: "replicas hold: the newest sample is too old",
    isBlind: true,
    sees: { kind: "condition", type: "MetricAvailable", status: "False", reason: "MetricStale" },
  },
  {
    ...jump("clock-back", "the clock of the operator's node is 1 h behind for 40 minutes", -JUMP_MS),
    happens: "replicas hold until the clock has passed the newest sample; what was missed is read then",
    isBlind: true,
    sees: { kind: "condition", type: "MetricAvailable", status: "False", reason: "MetricStale" },
  },
];

/** The operator's clock jumps on SIGUSR2, and back on the next. That of a second replica jumps a whole hour of wall-clock time, and it must not lead for that. */
function jump(id: string, what: string, ms: number): Omit<FaultCase, "happens" | "sees"> {
  const env = (jumpMs: number) => ({ NODE_OPTIONS: preloaded("clock-jump.mjs"), CLOCK_JUMP_MS: String(jumpMs) });
  return {
    id,
    what,
    alone: { env: env(ms) },
    async begin(world) {
      // A server without the future: only the operator's clock is wrong.
      world.prometheus.inject({ fault: leftOut((seconds) => seconds * 1000 > world.nowMs()) });
      const second = await world.another(env(Math.sign(ms) * HOUR_MS));
      await waitFor("the second waits", SOON_MS, async () => expect(second.lines().map(({ msg }) => msg)).toContain("another replica holds the lease"));
      for (const each of [world.operator(), second]) each.kill("SIGUSR2");
      return {
        end() {
          for (const each of [world.operator(), second]) each.kill("SIGUSR2");
          expect(second.lines().filter(({ msg }) => msg === "leading")).toEqual([]);
        },
      };
    },
  };
}
