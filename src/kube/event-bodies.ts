// Events as the two APIs want them. Texts are cut to the API's limits, since an event that is too long is refused whole.
import { groupPath } from "./discovery.ts";
import type { KubeEvent } from "./kube.ts";

const NOTE_MAX = 1024;
const WORD_MAX = 128;

/** When a series began and was last seen (MicroTime), and how often. */
export interface Seen {
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

export interface EventBodies {
  create(name: string, event: KubeEvent, seen: Seen): object;
  /** Merge patch. */
  series(seen: Seen): object;
}

/** Where events about objects of a namespace go; those of objects without one to `default`. */
export const EVENTS_API = {
  "events.k8s.io": (namespace: string) => `${groupPath("events.k8s.io/v1")}/namespaces/${encodeURIComponent(namespace || "default")}/events`,
  core: (namespace: string) => `${groupPath("v1")}/namespaces/${encodeURIComponent(namespace || "default")}/events`,
} as const;

/** The bodies of both APIs for one reporter. */
export function eventBodies(reportingController: string, reportingInstance: string): Record<keyof typeof EVENTS_API, EventBodies> {
  const instance = cut(reportingInstance, WORD_MAX);
  const series = ({ count, last }: Seen) => (count > 1 ? { series: { count, lastObservedTime: last } } : {});
  return {
    "events.k8s.io": {
      create: (name, { regarding, type, reason, action, note }, seen) => ({
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name, namespace: regarding.namespace || "default" },
        eventTime: seen.first,
        reportingController,
        reportingInstance: instance,
        action: cut(action, WORD_MAX),
        reason: cut(reason, WORD_MAX),
        regarding,
        note: cut(note, NOTE_MAX),
        type,
        ...series(seen),
      }),
      series,
    },
    core: {
      create: (name, { regarding, type, reason, action, note }, seen) => ({
        apiVersion: "v1",
        kind: "Event",
        metadata: { name, namespace: regarding.namespace || "default" },
        involvedObject: regarding,
        reason: cut(reason, WORD_MAX),
        action: cut(action, WORD_MAX),
        message: cut(note, NOTE_MAX),
        type,
        source: { component: reportingController },
        reportingComponent: reportingController,
        reportingInstance: instance,
        firstTimestamp: wholeSeconds(seen.first),
        lastTimestamp: wholeSeconds(seen.last),
        count: seen.count,
      }),
      series: ({ count, last }) => ({ count, lastTimestamp: wholeSeconds(last) }),
    },
  };
}

/** The API counts bytes. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let kept = text.slice(0, maxBytes - 3);
  while (Buffer.byteLength(kept) > maxBytes - 3) kept = kept.slice(0, -1);
  return `${kept.replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function wholeSeconds(microTime: string): string {
  return microTime.replace(/\.\d+Z$/, "Z");
}
