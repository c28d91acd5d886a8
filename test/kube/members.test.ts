// Members on Leases that are kept in memory, in manual time: joining, leaving, vanishing, being stopped, and the one Lease that they share with a leader.
// The protocol itself is held by standing.test.ts.
import { expect, test } from "vitest";
import { createManualClock } from "../../src/clock.ts";
import type { ManualClock } from "../../src/clock.ts";
import { isOwnedBy } from "../../src/controller/ownership.ts";
import { createLeaderElection, createMembership, KubeError } from "../../src/kube/index.ts";
import type { Leases } from "../../src/kube/index.ts";
import { createJointLease, JOINT_HOLDER } from "../../src/kube/members/joint-lease.ts";
import type { ListedLease, MemberLeases } from "../../src/kube/members/member-lease.ts";
import type { LeaseRecord } from "../../src/kube/lease.ts";
import type { Standing } from "../../src/kube/members/standing.ts";

const SECOND = 1_000;
const LEASE = { namespace: "system", name: "predictive-scaler" };
const KEYS = Array.from({ length: 60 }, (_, i) => `shop/service-${i}`);

/** The Leases of one namespace with the API server's rule for versions; who is in `cutOff` gets no answer. */
function leaseServer() {
  const members = new Map<string, ListedLease>();
  const server = { version: 0, record: undefined as LeaseRecord | undefined, recordVersion: "", cutOff: new Set<string>() };
  const reach = (who: string) => {
    if (server.cutOff.has(who)) throw new KubeError("No answer.", { reason: "KubernetesUnreachable", retry: "backoff" });
  };
  const leasesFor = (who: string): Leases => ({
    async read() {
      reach(who);
      return server.record === undefined ? undefined : { record: server.record, resourceVersion: server.recordVersion };
    },
    async write(_lease, record, resourceVersion) {
      reach(who);
      if (resourceVersion !== (server.record === undefined ? undefined : server.recordVersion)) return undefined;
      server.record = record;
      server.recordVersion = String(++server.version);
      return { record, resourceVersion: server.recordVersion };
    },
  });
  const membersFor = (who: string): MemberLeases => ({
    async list() {
      reach(who);
      return [...members.values()];
    },
    async write({ name, identity, leaseMs, setHash, isReleased }, version) {
      reach(who);
      if (members.get(name)?.version !== version) return undefined;
      const next = String(++server.version);
      members.set(name, { name, identity, version: next, setHash, leaseMs: isReleased ? SECOND : leaseMs, isReleased });
      return next;
    },
    async remove(name, version) {
      reach(who);
      if (members.get(name)?.version === version) members.delete(name);
    },
  });
  return { server, members, leasesFor, membersFor };
}

interface Member {
  readonly identity: string;
  readonly state: { standing: Standing; hasLetGo: boolean; stoppedMs: number; terms: number; changes: number };
  isLive(): boolean;
  has(key: string): boolean;
  count(): number;
  stop(): Promise<void>;
}

function world() {
  const clock = createManualClock(0);
  const { server, members, leasesFor, membersFor } = leaseServer();
  const all: Member[] = [];
  const start = (identity: string, random = 0.5): Member => {
    const state: Member["state"] = { standing: { wanted: [], sets: [], isAgreed: false }, hasLetGo: true, stoppedMs: 0, terms: 0, changes: 0 };
    const stop = new AbortController();
    const monotonicMs = () => clock.nowMs() + state.stoppedMs;
    const membership = createMembership({
      leases: membersFor(identity),
      joint: createJointLease({ leases: leasesFor(identity), lease: LEASE, clock, timing: { leaseMs: 15_000, retryMs: 2_000 }, monotonicMs }),
      clock,
      identity,
      name: `member-${identity}`,
      random: () => random,
      monotonicMs,
      onStanding(standing) {
        state.standing = standing;
        state.changes++;
      },
      hasLetGo: () => state.hasLetGo,
    });
    const work = async (term: AbortSignal) => {
      state.terms++;
      await new Promise<void>((resolve) => (term.aborted ? resolve() : term.addEventListener("abort", () => resolve(), { once: true })));
    };
    const done = membership.run(work, stop.signal);
    const has = (key: string) => membership.isLeader() && isOwnedBy(identity, key, state.standing.sets);
    const member: Member = { identity, state, isLive: () => membership.isLeader(), has, count: () => KEYS.filter(has).length, stop: () => (stop.abort(new Error("stop")), done) };
    all.push(member);
    return member;
  };
  const owners = (key: string) => all.filter((member) => member.has(key)).map(({ identity }) => identity);
  /** Time goes on, and at no moment has a scaler two owners. */
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 100) {
      await clock.advance(100);
      for (const key of KEYS) if (owners(key).length > 1) throw new Error(`${key} has ${owners(key).join(" and ")} at ${clock.nowMs()} ms`);
    }
  };
  const orphans = () => KEYS.filter((key) => owners(key).length === 0).length;
  const end = async () => {
    const ends = all.map((member) => member.stop());
    await clock.advance(SECOND);
    await Promise.all(ends);
  };
  return { clock, server, members, leasesFor, start, owners, orphans, pass, end };
}

function leaderOn(clock: ManualClock, leases: Leases) {
  const stop = new AbortController();
  const election = createLeaderElection({ leases, clock, lease: LEASE, identity: "alone", random: () => 0.5, monotonicMs: () => clock.nowMs() });
  const done = election.run((term) => new Promise((resolve) => term.addEventListener("abort", () => resolve(), { once: true })), stop.signal);
  return { election, stop: () => (stop.abort(new Error("stop")), done) };
}

test("one member has everything within two seconds, and a second takes about half of it within five", async () => {
  const { start, pass, orphans, end } = world();
  const first = start("a");
  await pass(2 * SECOND);
  expect(first.count()).toBe(KEYS.length);
  const second = start("b", 0.1);
  await pass(5 * SECOND);
  expect(orphans()).toBe(0);
  expect(first.count() + second.count()).toBe(KEYS.length);
  expect(second.count()).toBeGreaterThan(KEYS.length / 4);
  const settled = first.state.changes;
  await pass(60 * SECOND);
  expect(first.state.changes).toBe(settled);
  await end();
});

test("what stays with its owner is never let go of while another joins", async () => {
  const { start, pass, end } = world();
  const first = start("a");
  start("b", 0.1);
  await pass(6 * SECOND);
  const had = KEYS.filter((key) => first.has(key));
  start("c", 0.9);
  let least = had;
  for (let i = 0; i < 60; i++) {
    await pass(100);
    least = least.filter((key) => first.has(key));
  }
  expect(least).toEqual(KEYS.filter((key) => first.has(key)));
  expect(least.length).toBeGreaterThan(0);
  await end();
});

test("nothing is taken over before its owner has let go of it", async () => {
  const { start, pass, orphans, end } = world();
  const first = start("a");
  await pass(2 * SECOND);
  first.state.hasLetGo = false;
  const second = start("b");
  await pass(20 * SECOND);
  expect(second.count()).toBe(0);
  expect(orphans()).toBeGreaterThan(0);
  expect(first.isLive()).toBe(true);
  first.state.hasLetGo = true;
  await pass(2 * SECOND);
  expect(orphans()).toBe(0);
  await end();
});

test("a member that leaves in peace is replaced within five seconds, one that vanishes within twenty; its Lease is removed", async () => {
  const { server, members, start, pass, orphans, end } = world();
  const gone = start("a");
  start("b", 0.1);
  start("c", 0.9);
  const lost = start("d", 0.3);
  await pass(10 * SECOND);
  const leaving = gone.stop();
  await pass(5 * SECOND);
  await leaving;
  expect(orphans()).toBe(0);
  // It cannot reach the server any more, and so is no member before the others count it as gone.
  server.cutOff.add("d");
  await pass(11 * SECOND);
  expect(lost.isLive()).toBe(false);
  await pass(9 * SECOND);
  expect(orphans()).toBe(0);
  await pass(20 * SECOND);
  expect([...members.keys()].toSorted()).toEqual(["member-b", "member-c"]);
  // And when it can, it is a member again.
  server.cutOff.delete("d");
  await pass(6 * SECOND);
  expect(lost.count()).toBeGreaterThan(0);
  expect(lost.state.terms).toBe(2);
  expect(orphans()).toBe(0);
  await end();
});

test("a member that was stopped past its lease has nothing the moment it goes on, and joins anew", async () => {
  const { start, pass, end } = world();
  const first = start("a");
  start("b", 0.1);
  await pass(6 * SECOND);
  // Its timers stand still, its monotonic clock does not.
  first.state.stoppedMs += 60 * SECOND;
  expect(first.isLive()).toBe(false);
  expect(first.count()).toBe(0);
  await pass(10 * SECOND);
  expect(first.count()).toBeGreaterThan(0);
  expect(first.state.terms).toBe(2);
  await end();
});

test("an outage that is short ends no term; one that is long ends all of them, and they find together again", async () => {
  const { server, start, pass, orphans, end } = world();
  const both = [start("a"), start("b", 0.1)];
  await pass(6 * SECOND);
  for (const { identity } of both) server.cutOff.add(identity);
  await pass(6 * SECOND);
  server.cutOff.clear();
  await pass(6 * SECOND);
  expect(both.map(({ state }) => state.terms)).toEqual([1, 1]);
  for (const { identity } of both) server.cutOff.add(identity);
  await pass(40 * SECOND);
  expect(orphans()).toBe(KEYS.length);
  server.cutOff.clear();
  await pass(6 * SECOND);
  expect(orphans()).toBe(0);
  await end();
});

test("members wait for a leader that acts alone, and it for them", async () => {
  const { clock, server, leasesFor, start, pass, end } = world();
  const leader = leaderOn(clock, leasesFor("alone"));
  await pass(4 * SECOND);
  const member = start("a");
  await pass(30 * SECOND);
  expect(leader.election.isLeader()).toBe(true);
  expect(member.count()).toBe(0);
  await leader.stop();
  await pass(6 * SECOND);
  expect(member.count()).toBe(KEYS.length);
  expect(server.record).toMatchObject({ holderIdentity: JOINT_HOLDER, leaseDurationSeconds: 15 });
  const back = leaderOn(clock, leasesFor("alone"));
  await pass(30 * SECOND);
  expect(back.election.isLeader()).toBe(false);
  await member.stop();
  for (let i = 0; i < 220 && !back.election.isLeader(); i++) await pass(100);
  expect(back.election.isLeader()).toBe(true);
  await back.stop();
  await end();
});

test("whoever takes the Lease of all (release does) stops every member before its renew deadline, and no Lease of a member is made anew", async () => {
  const { server, members, start, pass, orphans, end } = world();
  start("a");
  start("b", 0.1);
  await pass(6 * SECOND);
  server.record = { holderIdentity: "release_1", leaseDurationSeconds: 300, acquireTimeMs: 0, renewTimeMs: 0, leaseTransitions: 9 };
  server.recordVersion = String(++server.version);
  await pass(10 * SECOND);
  expect(orphans()).toBe(KEYS.length);
  members.clear();
  await pass(20 * SECOND);
  expect(members.size).toBe(0);
  await end();
});
