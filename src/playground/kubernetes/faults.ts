// Faults on request: the next requests that match fail in a stated way, as servers and networks do.

/** An HTTP status (403 names verb and resource, as RBAC does), or what a network does: reset, never answer, answer with something that is no JSON. */
export type FaultKind = number | "reset" | "hang" | "garbage" | "halfLine";

export interface Fault {
  readonly fault: FaultKind;
  /** Only requests whose path and query contain this; default all. */
  readonly pathIncludes?: string;
  /** Only this method; default all. */
  readonly method?: string;
  /** How many requests fail; default 1. */
  readonly times?: number;
  /** For example retry-after. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Faults {
  add(fault: Fault): void;
  /** The fault that this request meets, if any; counts it. */
  take(method: string, url: string): Fault | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    take(method, url) {
      const found = waiting.find(({ fault }) => url.includes(fault.pathIncludes ?? "") && (fault.method ?? method) === method);
      if (found === undefined) return undefined;
      found.left--;
      waiting = waiting.filter(({ left }) => left > 0);
      return found.fault;
    },
    clear: () => void (waiting = []),
  };
}
