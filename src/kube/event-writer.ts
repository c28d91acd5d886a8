// One event to the server: created, then patched; through events.k8s.io/v1, or the core API where that group is missing.
import { rfc3339Micro } from "../clock.ts";
import { EVENTS_API } from "./event-bodies.ts";
import type { EventBodies } from "./event-bodies.ts";
import type { Series } from "./event-series.ts";
import { KubeError } from "./failure.ts";
import type { KubeConnection } from "./kube.ts";

type Api = keyof typeof EVENTS_API;

/** Writes the series as it is now. Throws KubeError. */
export function createEventWriter(connection: KubeConnection, bodies: Record<Api, EventBodies>): (series: Series) => Promise<undefined> {
  let api: Api = "events.k8s.io";
  const once = async (series: Series) => {
    const path = EVENTS_API[api](series.event.regarding.namespace);
    const seen = { first: rfc3339Micro(series.firstMs), last: rfc3339Micro(series.lastMs), count: series.count };
    if (series.isCreated) {
      const body = bodies[api].series(seen);
      await connection.request({ method: "PATCH", path: `${path}/${series.name}`, body, contentType: "application/merge-patch+json" });
    } else {
      await connection.request({ method: "POST", path, body: bodies[api].create(series.name, series.event, seen) });
      series.isCreated = true;
    }
  };
  return async (series) => {
    try {
      await once(series);
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
      // The server forgets events after an hour.
      if (series.isCreated) series.isCreated = false;
      else if (api === "events.k8s.io" && (await isGroupMissing(connection))) api = "core";
      else throw error;
      await once(series);
    }
    return undefined;
  };
}

/** The server has no events.k8s.io/v1; a namespace that is missing answers 404 too. */
async function isGroupMissing(connection: KubeConnection): Promise<boolean> {
  try {
    await connection.request({ method: "GET", path: "/apis/events.k8s.io/v1" });
    return false;
  } catch (error) {
    return error instanceof KubeError && error.status === 404;
  }
}
