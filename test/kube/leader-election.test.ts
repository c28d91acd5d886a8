// Who leads when: candidates on one lease that is kept in memory, in manual time. The lease's own rules (409, 404) are the API server's contract test.
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { createLeaderElection, KubeError } from "../../src/kube/index.ts";
import type { LeaderElection } from "../../src/kube/index.ts";
import type { LeaseRecord, Leases } from "../../src/kube/lease.ts";

const LEASE = { namespace: "system", name: "predictive-scaler" };
const SECOND = 1_000;

/** One Lease with the API server's rule for versions; `down` makes every call fail, `lostAnswers` fail after it was carried out. */
function leaseServer() {
  const server = { record: undefined as LeaseRecord | undefined, version: 0, down: false, lostAnswers: 0, writes: [] as string[] };
  const unreachable = () => new KubeError("No answer.", { reason: "KubernetesUnreachable", retry: "backoff" });
  const stored = () => (server.record === undefined ? undefined : { record: server.record, resourceVersion: String(server.version) });
  const leases: Leases = {
    read: (_lease, signal) => (server.down || signal.aborted ? Promise.reject(unreachable()) : Promise.resolve(stored())),
    write(_lease, record, resourceVersion) {
      if (server.down) return Promise.reject(unreachable());
      if (resourceVersion !== stored()?.resourceVersion) return Promise.resolve(undefined);
      server.record = record;
      server.version++;
      server.writes.push(record.holderIdentity);
      if (server.lostAnswers-- > 0) return Promise.reject(unreachable());
      return Promise.resolve(stored());
    },
  };
  return { server, leases };
}

/** A process: while it leads it is in `leaders`. */
function candidate(identity: string, leases: Leases, clock: ManualClock, leaders: Set<string>, monotonicMs: () => number = () => clock.nowMs()) {
  const stop = new AbortController();
  const terms: string[] = [];
  const election: LeaderElection = createLeaderElection({ leases, clock, lease: LEASE, identity, random: () => 0.5, monotonicMs });
  const done = election.run(async (term) => {
    leaders.add(identity);
    terms.push("began");
    await new Promise<void>((resolve) => term.addEventListener("abort", () => resolve(), { once: true }));
    leaders.delete(identity);
    terms.push("ended");
  }, stop.signal);
  return { election, terms, stop: () => (stop.abort(new Error("stop")), done) };
}

test("one of three leads, and goes on leading", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  const all = ["a", "b", "c"].map((identity) => candidate(identity, leases, clock, leaders));
  for (let i = 0; i < 120; i++) {
    await clock.advance(SECOND);
    expect(leaders.size).toBeLessThanOrEqual(1);
  }
  expect([...leaders]).toEqual(["a"]);
  expect(all.map(({ terms }) => terms)).toEqual([["began"], [], []]);
  expect(server.record).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 15, leaseTransitions: 0, acquireTimeMs: 0 });
  expect(server.record?.renewTimeMs).toBeGreaterThan(115 * SECOND);
  const ends = all.map(({ stop }) => stop());
  await clock.advance(SECOND);
  await Promise.all(ends);
});

test("a clean stop gives the lease up, and the next leads within a retry", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  const first = candidate("a", leases, clock, leaders);
  await clock.advance(5 * SECOND);
  const second = candidate("b", leases, clock, leaders);
  await clock.advance(5 * SECOND);
  await first.stop();
  expect(server.record).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  await clock.advance(5 * SECOND);
  expect([...leaders]).toEqual(["b"]);
  expect(server.record).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  await second.stop();
});

test("a leader that vanishes is waited for, by the other's own clock, whatever the lease's times say", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  // Its clock is an hour ahead, then it is gone.
  server.record = { holderIdentity: "gone", leaseDurationSeconds: 15, acquireTimeMs: 3_600_000, renewTimeMs: 3_600_000, leaseTransitions: 4 };
  server.version = 7;
  const heir = candidate("b", leases, clock, leaders);
  await clock.advance(14 * SECOND);
  expect([...leaders]).toEqual([]);
  await clock.advance(6 * SECOND);
  expect([...leaders]).toEqual(["b"]);
  expect(server.record).toMatchObject({ holderIdentity: "b", leaseTransitions: 5 });
  await heir.stop();
});

test("a leader that cannot reach the server stops at the renew deadline, before its lease is over for others", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  const { election, terms, stop } = candidate("a", leases, clock, leaders);
  await clock.advance(4 * SECOND);
  server.down = true;
  await clock.advance(7 * SECOND);
  expect(election.isLeader()).toBe(true);
  await clock.advance(3 * SECOND);
  expect(election.isLeader()).toBe(false);
  expect([...leaders]).toEqual([]);
  server.down = false;
  await clock.advance(5 * SECOND);
  expect([...leaders]).toEqual(["a"]);
  expect(terms).toEqual(["began", "ended", "began"]);
  await stop();
});

test("a short outage of the server does not end a term", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  const { terms, stop } = candidate("a", leases, clock, leaders);
  await clock.advance(4 * SECOND);
  server.down = true;
  await clock.advance(6 * SECOND);
  server.down = false;
  await clock.advance(60 * SECOND);
  expect(terms).toEqual(["began"]);
  await stop();
});

test("a renewal whose answer is lost is found out, and the term goes on", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const { terms, stop } = candidate("a", leases, clock, new Set());
  await clock.advance(4 * SECOND);
  server.lostAnswers = 1;
  await clock.advance(60 * SECOND);
  expect(terms).toEqual(["began"]);
  await stop();
});

test("a process that was stopped past its lease is no leader the moment it goes on", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  let stoppedMs = 0;
  const leaders = new Set<string>();
  // Stopped: its timers stand still, its monotonic clock does not.
  const { election, terms, stop } = candidate("a", leases, clock, leaders, () => clock.nowMs() + stoppedMs);
  await clock.advance(4 * SECOND);
  expect(election.isLeader()).toBe(true);
  stoppedMs = 60 * SECOND;
  server.record = { holderIdentity: "b", leaseDurationSeconds: 15, acquireTimeMs: 0, renewTimeMs: 0, leaseTransitions: 1 };
  server.version++;
  expect(election.isLeader()).toBe(false);
  await clock.advance(3 * SECOND);
  expect(terms).toEqual(["began", "ended"]);
  expect(server.writes.at(-1)).toBe("a");
  expect(server.record.holderIdentity).toBe("b");
  await stop();
});

test("a lease that somebody else took ends the term at once", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const leaders = new Set<string>();
  const { terms, stop } = candidate("a", leases, clock, leaders);
  await clock.advance(4 * SECOND);
  server.record = { holderIdentity: "b", leaseDurationSeconds: 15, acquireTimeMs: 0, renewTimeMs: 0, leaseTransitions: 1 };
  server.version++;
  await clock.advance(3 * SECOND);
  expect(terms).toEqual(["began", "ended"]);
  await stop();
  expect(server.record.holderIdentity).toBe("b");
});

test("a lease that was deleted is made again and the term goes on", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const { terms, stop } = candidate("a", leases, clock, new Set());
  await clock.advance(4 * SECOND);
  server.record = undefined;
  await clock.advance(10 * SECOND);
  expect(terms).toEqual(["began"]);
  expect(server.record).toMatchObject({ holderIdentity: "a" });
  await stop();
});

test("what the work throws is thrown, and the lease is given up", async () => {
  const clock = createManualClock(0);
  const { server, leases } = leaseServer();
  const election = createLeaderElection({ leases, clock, lease: LEASE, identity: "a", random: () => 0, monotonicMs: () => clock.nowMs() });
  const failed = election.run(() => Promise.reject(new Error("a bug")), new AbortController().signal).catch(String);
  await clock.advance(SECOND);
  expect(await failed).toBe("Error: a bug");
  expect(server.record).toMatchObject({ holderIdentity: "" });
});
