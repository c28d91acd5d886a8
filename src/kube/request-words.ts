// What a request asks for, in RBAC's words: verb, group, resource. Failures are named with them.

export interface RequestWords {
  readonly verb: string;
  /** "" for the core group. */
  readonly group: string;
  /** With the subresource: `deployments/scale`. For other paths the path itself. */
  readonly resource: string;
  /** For a person: `deployments/scale "web" in namespace "shop"`. */
  readonly what: string;
  /** What a role would be about: `deployments/scale in namespace "shop"`. */
  readonly scope: string;
}

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** `path` with its query, below the server's address. */
export function describeRequest(method: string, path: string): RequestWords {
  const [route = "", query = ""] = path.split("?", 2);
  const found = /^\/(?:api|apis\/([^/]+))\/[^/]+\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(route);
  const verb = VERBS[method] ?? (found === null || found[4] !== undefined ? "get" : /(^|&)watch=(true|1)\b/.test(query) ? "watch" : "list");
  if (found === null) return { verb, group: "", resource: route, what: route, scope: route };
  const [, group = "", namespace, plural = "", name, sub] = found;
  const resource = sub === undefined ? plural : `${plural}/${sub}`;
  const where = namespace === undefined ? "" : ` in namespace "${decodeURIComponent(namespace)}"`;
  const named = name === undefined ? resource : `${resource} "${decodeURIComponent(name)}"`;
  return { verb, group, resource, what: `${named}${where}`, scope: `${resource}${where}` };
}
