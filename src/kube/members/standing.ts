// The protocol of members as pure functions: who lives, whether all agree, and which sets a member's work must fit.
// Invariant: no two members that are live by their own clock ever both have a key. It holds because
// - a member works only on what each set gives it that it has published since all agreed (`sets`), and publishes no other before it has let go;
// - it collapses `sets` into one only when a list, asked for after its own last write, shows every live member with that very set;
// - whoever works is live for all others: its lease is over by its own clock before it can be by theirs.
import { createHash } from "node:crypto";

/** Identities, sorted, each once. */
export type MemberSet = readonly string[];

/** A member's Lease as a list shows it. */
export interface Listed {
  readonly identity: string;
  readonly version: string;
  /** hashOf the set that it acts on. */
  readonly setHash: string;
  readonly leaseMs: number;
  /** It was given up by its member. */
  readonly isReleased: boolean;
}

/** Times are on our own monotonic clock: others' clocks are never trusted. */
export interface Sighting extends Listed {
  /** When it was first seen as it is. */
  readonly sinceMs: number;
  /** When a list last showed it; undefined once one has not. */
  readonly seenMs: number | undefined;
}

export type View = ReadonlyMap<string, Sighting>;

/**
 * The view after a list that was answered at `nowMs`. A Lease that vanished and was not over counts for as long as it lasts from then on: it may have been
 * renewed right before, and its member may not know. It agrees with nothing meanwhile.
 */
export function look(view: View, listed: readonly Listed[], nowMs: number): View {
  const next = new Map<string, Sighting>();
  for (const found of listed) {
    const before = view.get(found.identity);
    next.set(found.identity, { ...found, sinceMs: before?.version === found.version ? before.sinceMs : nowMs, seenMs: nowMs });
  }
  for (const [identity, before] of view) {
    if (next.has(identity) || isOver(before, before.seenMs ?? nowMs)) continue;
    next.set(identity, { ...before, setHash: "", sinceMs: before.seenMs === undefined ? before.sinceMs : nowMs, seenMs: undefined });
  }
  return next;
}

/** Given up, or unchanged for as long as it says that it lasts. */
export function isOver({ isReleased, leaseMs, sinceMs }: Sighting, nowMs: number): boolean {
  return isReleased || nowMs - sinceMs >= leaseMs;
}

/** The live members of a view; `own` is always one. */
export function liveSet(view: View, own: string, nowMs: number): MemberSet {
  const others = [...view.values()].filter((one) => one.identity !== own && !isOver(one, nowMs)).map(({ identity }) => identity);
  return [own, ...others].toSorted();
}

/** What a set is published as: equal for equal sets only. */
export function hashOf(members: MemberSet): string {
  return createHash("sha256").update(JSON.stringify(members)).digest("hex").slice(0, 32);
}

/** Where a member stands. */
export interface Standing {
  /** The set that it wants to act on. */
  readonly wanted: MemberSet;
  /** What its work must fit, each of them; empty: it may work on nothing. */
  readonly sets: readonly MemberSet[];
  readonly isAgreed: boolean;
}

/** Of a member that begins, or whose lease was over: it may work on nothing. */
export const NOTHING: Standing = { wanted: [], sets: [], isAgreed: false };

/** More sets than come between two agreements; beyond them all work is let go of. */
const SETS_MAX = 8;

/**
 * The standing after a list. `writtenVersion` is the version that the member's own last write made; undefined while the outcome of a write is unknown: such a
 * write may still arrive and say something else than what is seen.
 */
export function stand(before: Standing, view: View, own: string, writtenVersion: string | undefined, nowMs: number): Standing {
  const wanted = liveSet(view, own, nowMs);
  const hash = hashOf(wanted);
  const isOwnSeen = writtenVersion !== undefined && view.get(own)?.version === writtenVersion;
  if (isOwnSeen && wanted.every((identity) => view.get(identity)?.setHash === hash)) return { wanted, sets: [wanted], isAgreed: true };
  if (before.sets.length === 0) return { wanted, sets: [], isAgreed: false };
  const isKnown = before.sets.some((set) => hashOf(set) === hash);
  const sets = isKnown ? before.sets : [...before.sets, wanted];
  return { wanted, sets: sets.length > SETS_MAX ? [] : sets, isAgreed: false };
}
