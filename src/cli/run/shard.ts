// The part of all scalers that is this member's: what the controller sees of the cache, and what it must let go of.
// Invariant: the controller is handed only scalers that every set of members gives to this one.
// One that is taken away counts as let go of when no pass of it is under way.
import { isOwnedBy } from "../../controller/index.ts";
import type { Controller, StoredScaler } from "../../controller/index.ts";
import type { MemberStanding, Reflector } from "../../kube/index.ts";

export interface Shard {
  /** The cache, as if it held only this member's scalers. */
  readonly scalers: Reflector<StoredScaler>;
  /** A scaler of the cache has changed. */
  changed(key: string, scaler: StoredScaler | undefined): void;
  /** The members have changed, or agree now. */
  take(standing: MemberStanding): void;
  /** A term begins with this controller, or (undefined) has ended. */
  serve(controller: Pick<Controller, "changed"> | undefined): void;
  /** The controller has forgotten a scaler that it was told is gone. */
  forgotten(key: string): void;
  hasLetGo(): boolean;
}

export interface ShardOptions {
  readonly identity: string;
  readonly all: Reflector<StoredScaler>;
  /** Told how many scalers and members there are. */
  readonly onCount: (scalers: number, members: number) => void;
}

export function createShard({ identity, all, onCount }: ShardOptions): Shard {
  let standing: Pick<MemberStanding, "sets" | "wanted"> = { sets: [], wanted: [] };
  let controller: Pick<Controller, "changed"> | undefined;
  /** Handed to the controller. */
  const held = new Set<string>();
  /** Taken away, and perhaps still worked on. */
  const leaving = new Set<string>();
  const isOwn = (key: string) => isOwnedBy(identity, key, standing.sets);
  const count = () => onCount(held.size, standing.wanted.length);
  const hand = (key: string, scaler: StoredScaler) => {
    held.add(key);
    leaving.delete(key);
    controller?.changed(key, scaler);
  };
  const takeAway = (key: string) => {
    if (!held.delete(key)) return;
    leaving.add(key);
    controller?.changed(key, undefined);
  };
  const sort = () => {
    for (const key of held) if (!isOwn(key)) takeAway(key);
    for (const key of all.keys()) {
      const scaler = held.has(key) || !isOwn(key) ? undefined : all.get(key);
      if (scaler !== undefined) hand(key, scaler);
    }
  };
  return {
    scalers: {
      run: (signal) => all.run(signal),
      synced: () => all.synced(),
      get: (key) => (held.has(key) ? all.get(key) : undefined),
      keys: () => [...held],
    },
    changed(key, scaler) {
      if (controller === undefined) return;
      if (scaler === undefined) takeAway(key);
      else if (isOwn(key)) hand(key, scaler);
      count();
    },
    take(next) {
      standing = next;
      if (controller !== undefined) sort();
      count();
    },
    serve(next) {
      held.clear();
      leaving.clear();
      controller = next;
      if (controller !== undefined) sort();
      count();
    },
    forgotten: (key) => void leaving.delete(key),
    hasLetGo: () => leaving.size === 0,
  };
}
