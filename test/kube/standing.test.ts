// The promise of the members' protocol, for any interleaving: no two of them ever have the same scaler.
// Members are the pure functions; a schedule drawn by fast-check lists, writes, loses answers, delays writes, stops members, deletes Leases and lets time pass.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isOwnedBy } from "../../src/controller/ownership.ts";
import { hashOf, liveSet, look, NOTHING, stand } from "../../src/kube/members/standing.ts";
import type { Listed, Standing, View } from "../../src/kube/members/standing.ts";

const LEASE_MS = 15_000;
const DEADLINE_MS = 10_000;
const NAMES = ["a", "b", "c", "d"];
const KEYS = Array.from({ length: 12 }, (_, i) => `shop/service-${i}`);

const listedOf = (identity: string, setHash: string, version = "1"): Listed => ({ identity, version, setHash, leaseMs: LEASE_MS, isReleased: false });

interface PendingWrite {
  readonly setHash: string;
  readonly version: string | undefined;
  readonly sentMs: number;
}

/** One member as membership.ts runs it, each of its steps apart. */
class Member {
  view: View = new Map();
  standing: Standing = NOTHING;
  version: string | undefined;
  writtenVersion: string | undefined;
  renewedMs = -Infinity;
  pending: PendingWrite | undefined;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  isLive = (nowMs: number) => nowMs - this.renewedMs < DEADLINE_MS;
  has = (key: string, nowMs: number) => this.isLive(nowMs) && isOwnedBy(this.name, key, this.standing.sets);

  list(leases: ReadonlyMap<string, Listed>, nowMs: number): void {
    if (!this.isLive(nowMs)) this.standing = NOTHING;
    this.view = look(this.view, [...leases.values()], nowMs);
    this.version = leases.get(this.name)?.version;
    const standing = stand(this.standing, this.view, this.name, this.writtenVersion, nowMs);
    this.standing = this.isLive(nowMs) ? standing : { ...NOTHING, wanted: standing.wanted };
  }

  send(nowMs: number): void {
    this.writtenVersion = undefined;
    this.pending = { setHash: hashOf(this.standing.wanted), version: this.version, sentMs: nowMs };
  }

  answered(version: string, { sentMs }: PendingWrite, nowMs: number): void {
    if (!this.isLive(nowMs)) this.standing = { ...NOTHING, wanted: this.standing.wanted };
    this.version = this.writtenVersion = version;
    this.renewedMs = sentMs;
  }
}

const of = <T extends string>(...kinds: readonly T[]) => fc.record({ kind: fc.constantFrom(...kinds), who: fc.nat(NAMES.length - 1) });
/** Short waits mostly: a member that is often late never has anything. */
const WAITS_MS = [200, 500, 1_000, 2_000, 4_000, 9_000, 16_000];
const step = fc.oneof(
  { weight: 8, arbitrary: of("turn", "list", "send", "arrive") },
  { weight: 3, arbitrary: of("arriveUnanswered", "giveUpWaiting", "arriveLate") },
  { weight: 1, arbitrary: of("delete", "settle") },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), who: fc.nat(WAITS_MS.length - 1) }) },
);

class World {
  nowMs = 0;
  versions = 0;
  readonly leases = new Map<string, Listed>();
  readonly members = NAMES.map((name) => new Member(name));
  /** Writes that nobody waits for any more and that may still arrive. */
  readonly late: { readonly who: Member; readonly write: PendingWrite }[] = [];

  apply(member: Member, write: PendingWrite): string | undefined {
    if (this.leases.get(member.name)?.version !== write.version) return undefined;
    const version = String(++this.versions);
    this.leases.set(member.name, listedOf(member.name, write.setHash, version));
    return version;
  }

  arrive(member: Member, isAnswered: boolean): void {
    const write = member.pending;
    if (write === undefined) return;
    member.pending = undefined;
    const version = this.apply(member, write);
    if (version !== undefined && isAnswered) member.answered(version, write, this.nowMs);
  }

  do({ kind, who }: { readonly kind: string; readonly who: number }): void {
    const member = this.members[who % NAMES.length];
    if (member === undefined) return;
    if (kind === "wait") this.nowMs += WAITS_MS[who] ?? 0;
    else if (kind === "settle") this.settle(who);
    else if (kind === "delete") this.delete(member);
    else if (kind === "arrive" || kind === "arriveUnanswered") this.arrive(member, kind === "arrive");
    else if (kind === "giveUpWaiting") {
      if (member.pending !== undefined) this.late.push({ who: member, write: member.pending });
      member.pending = undefined;
    } else if (kind === "arriveLate") {
      const arriving = this.late.shift();
      if (arriving !== undefined) this.apply(arriving.who, arriving.write);
    } else if (member.pending === undefined) {
      if (kind !== "send") member.list(this.leases, this.nowMs);
      if (kind !== "list") member.send(this.nowMs);
      if (kind === "turn") this.arrive(member, true);
    }
  }

  /** All but one have a few turns in peace. */
  settle(without: number): void {
    for (let round = 0; round < 3; round++)
      for (const who of NAMES.keys()) if (who !== without) this.do({ kind: this.members[who]?.pending === undefined ? "turn" : "arrive", who });
  }

  /** Somebody takes away a Lease that is over, or one that all others have seen. A newcomer cannot know of what it never saw. */
  delete(member: Member): void {
    const isKnown = this.members.every((other) => other === member || liveSet(other.view, other.name, this.nowMs).includes(member.name));
    if (isKnown || !member.isLive(this.nowMs)) this.leases.delete(member.name);
  }

  owners = (key: string) => this.members.filter((member) => member.has(key, this.nowMs)).map(({ name }) => name);
}

test("no schedule gives a scaler two owners", () => {
  let owned = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 200, size: "max" }), (steps) => {
      const world = new World();
      for (const one of steps) {
        world.do(one);
        for (const key of KEYS) {
          const owners = world.owners(key);
          owned += owners.length;
          if (owners.length > 1) throw new Error(`${key} has ${owners.join(" and ")}`);
        }
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
  // The schedules are such that work is done at all.
  expect(owned).toBeGreaterThan(200_000);
});

test("in peace every scaler has an owner after two turns of each, and moves only where it must", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const world = new World();
      for (const one of steps) world.do(one);
      // Whatever was before: nobody else writes, and each has its turns every second.
      world.late.length = 0;
      for (let second = 0; second < 40; second++) {
        world.nowMs += 1_000;
        for (const member of world.members) {
          member.pending = undefined;
          world.do({ kind: "turn", who: NAMES.indexOf(member.name) });
        }
      }
      for (const key of KEYS) expect(world.owners(key)).toHaveLength(1);
      expect(world.members.every(({ standing }) => standing.isAgreed)).toBe(true);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("while two that stay do not agree yet, they keep what is theirs either way", () => {
  const both = ["a", "b"];
  const agreed: Standing = { wanted: both, sets: [both], isAgreed: true };
  const view = look(new Map(), [listedOf("a", hashOf(both)), listedOf("b", hashOf(both)), listedOf("c", "new")], 0);
  const standing = stand(agreed, view, "a", "1", 0);
  expect(standing).toEqual({ wanted: ["a", "b", "c"], sets: [both, ["a", "b", "c"]], isAgreed: false });
  const kept = KEYS.filter((key) => isOwnedBy("a", key, standing.sets)).length;
  const had = KEYS.filter((key) => isOwnedBy("a", key, agreed.sets)).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(had);
});

test("a member is gone when it says so, or by our own clock; a Lease that was deleted counts until then and agrees with nothing", () => {
  const seen = look(new Map(), [listedOf("a", "x"), { ...listedOf("b", ""), isReleased: true }], 1_000);
  expect(liveSet(seen, "me", 1_000)).toEqual(["a", "me"]);
  expect(liveSet(seen, "me", 1_000 + LEASE_MS - 1)).toEqual(["a", "me"]);
  expect(liveSet(seen, "me", 1_000 + LEASE_MS)).toEqual(["me"]);
  const vanished = look(seen, [], 5_000);
  expect(liveSet(vanished, "me", 5_000)).toEqual(["a", "me"]);
  expect(vanished.get("a")?.setHash).toBe("");
  expect(look(vanished, [], 5_000 + LEASE_MS - 1).size).toBe(1);
  expect(look(vanished, [], 5_000 + LEASE_MS).size).toBe(0);
});

test("while the outcome of a write is unknown nothing is agreed on: it may still arrive", () => {
  const both = ["a", "b"];
  const view = look(new Map(), [listedOf("a", hashOf(both), "7"), listedOf("b", hashOf(both))], 0);
  expect(stand(NOTHING, view, "a", undefined, 0)).toEqual({ wanted: both, sets: [], isAgreed: false });
  expect(stand(NOTHING, view, "a", "6", 0).isAgreed).toBe(false);
  expect(stand(NOTHING, view, "a", "7", 0)).toEqual({ wanted: both, sets: [both], isAgreed: true });
});
