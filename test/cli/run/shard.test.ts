// A member's part of the scalers: what the controller sees of the cache, what is taken from it, and when that counts as let go of.
import { beforeEach, expect, test } from "vitest";
import { createShard } from "../../../src/cli/run/shard.ts";
import type { Shard } from "../../../src/cli/run/shard.ts";
import { ownerOf } from "../../../src/controller/ownership.ts";
import type { StoredScaler } from "../../../src/controller/index.ts";
import type { MemberStanding } from "../../../src/kube/index.ts";

const KEYS = Array.from({ length: 30 }, (_, i) => `shop/service-${i}`);
const both = ["a", "b"];
const keysOf = (member: string, members: readonly string[]) => KEYS.filter((key) => ownerOf(key, members) === member);

const cached = new Map<string, StoredScaler>();
let told: [string, "there" | "gone"][] = [];
let counted: [number, number] = [NaN, NaN];
let shard: Shard;
const controller = { changed: (key: string, scaler: StoredScaler | undefined) => void told.push([key, scaler === undefined ? "gone" : "there"]) };
const agreed = (...members: string[]): MemberStanding => ({ wanted: members, sets: [members], isAgreed: true });

beforeEach(() => {
  cached.clear();
  for (const key of KEYS) cached.set(key, { metadata: { name: key.split("/")[1] ?? "", namespace: "shop" } });
  told = [];
  const all = { run: () => Promise.resolve(), synced: () => true, get: (key: string) => cached.get(key), keys: () => [...cached.keys()] };
  shard = createShard({ identity: "a", all, onCount: (scalers, members) => void (counted = [scalers, members]) });
});

test("before anything is agreed on, and outside of a term, nothing is seen", () => {
  shard.serve(controller);
  shard.take({ wanted: ["a"], sets: [], isAgreed: false });
  expect(shard.scalers.keys()).toEqual([]);
  shard.serve(undefined);
  shard.take(agreed("a"));
  shard.changed("shop/service-1", cached.get("shop/service-1"));
  expect(shard.scalers.keys()).toEqual([]);
  expect(told).toEqual([]);
});

test("what is taken away is told as gone at once, counts until it is forgotten, and comes back as there", () => {
  shard.take(agreed("a"));
  shard.serve(controller);
  expect(shard.scalers.keys()).toEqual(KEYS);
  expect(counted).toEqual([KEYS.length, 1]);
  told = [];
  shard.take({ wanted: both, sets: [["a"], both], isAgreed: false });
  const lost = keysOf("b", both);
  expect(told).toEqual(lost.map((key) => [key, "gone"]));
  expect(shard.scalers.keys()).toEqual(keysOf("a", both));
  expect(shard.scalers.get(lost[0] ?? "")).toBeUndefined();
  expect(counted).toEqual([KEYS.length - lost.length, 2]);
  for (const key of lost) {
    expect(shard.hasLetGo()).toBe(false);
    shard.forgotten(key);
  }
  expect(shard.hasLetGo()).toBe(true);
  told = [];
  shard.take(agreed("a"));
  expect(new Map(told)).toEqual(new Map(lost.map((key) => [key, "there"])));
});

test("what comes back before it was forgotten is not waited for", () => {
  shard.take(agreed("a"));
  shard.serve(controller);
  shard.take({ wanted: both, sets: [["a"], both], isAgreed: false });
  expect(shard.hasLetGo()).toBe(false);
  shard.take(agreed("a"));
  expect(shard.hasLetGo()).toBe(true);
});

test("changes of others' scalers are nobody's business here; deleted ones are told to whoever had them", () => {
  shard.take(agreed(...both));
  shard.serve(controller);
  told = [];
  const [own = ""] = keysOf("a", both);
  const [other = ""] = keysOf("b", both);
  for (const key of [own, other]) shard.changed(key, cached.get(key));
  for (const key of [own, other]) {
    cached.delete(key);
    shard.changed(key, undefined);
  }
  expect(told).toEqual([
    [own, "there"],
    [own, "gone"],
  ]);
});

test("a new term begins with nothing to let go of", () => {
  shard.take(agreed("a"));
  shard.serve(controller);
  shard.take({ wanted: both, sets: [["a"], both], isAgreed: false });
  shard.serve(undefined);
  expect(shard.hasLetGo()).toBe(true);
  expect(counted[0]).toBe(0);
});
