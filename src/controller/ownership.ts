// Whose a scaler is: rendezvous hashing of its key over the members. Pure; every replica comes to the same answer.
// Invariant: the owner depends on the key and the set alone, and changes only for about 1/N of the keys when one of N members comes or goes.
// Source: Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (highest random weight).

/**
 * The member that has `key` (`namespace/name`), undefined if there is none. Order and repetition do not matter. The name and not the uid, because a name is
 * all that is known of a scaler that is gone, and one that is made anew then stays where its target is known.
 */
export function ownerOf(key: string, members: readonly string[]): string | undefined {
  const own = hash(key);
  let owner: string | undefined;
  let highest = -1;
  for (const member of members) {
    const weight = mixed(own ^ mixed(hash(member)));
    if (weight < highest || (weight === highest && owner !== undefined && owner < member)) continue;
    owner = member;
    highest = weight;
  }
  return owner;
}

/** Whether `member` may work on `key`: each of `sets` gives it to this member. No set gives nothing. */
export function isOwnedBy(member: string, key: string, sets: readonly (readonly string[])[]): boolean {
  return sets.length > 0 && sets.every((members) => ownerOf(key, members) === member);
}

/** FNV-1a over UTF-16 units, 32 bits: keys and identities are ASCII. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return mixed(sum);
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the result, in [0, 2^32). */
function mixed(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
