// What a request is about: a path of the Kubernetes API as resource, namespace, name and subresource.
import { groupVersion } from "./resources.ts";
import type { Resource } from "./resources.ts";

export interface Route {
  readonly resource: Resource;
  /** "" for all namespaces, and for resources without one. */
  readonly namespace: string;
  /** "" for the collection. */
  readonly name: string;
  readonly subresource: "" | "status" | "scale";
}

/** The route of a path without its query, or undefined if the server has no such thing. */
export function routeOf(path: string, resources: readonly Resource[]): Route | undefined {
  const parts = path.split("/").filter((segment) => segment !== "");
  const head = parts[0] === "api" ? 2 : parts[0] === "apis" ? 3 : 0;
  if (head === 0 || parts.length <= head) return undefined;
  const prefix = parts.slice(1, head).join("/");
  let rest = parts.slice(head).map((segment) => decodeURIComponent(segment));
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1] ?? "";
    rest = rest.slice(2);
  }
  const [plural, name = "", subresource = "", ...more] = rest;
  const resource = resources.find((one) => one.plural === plural && groupVersion(one) === prefix);
  if (resource === undefined || more.length > 0) return undefined;
  if (resource.isNamespaced && namespace === "" && name !== "") return undefined;
  if (subresource !== "" && !resource.subresources.some((one) => one === subresource)) return undefined;
  return { resource, namespace, name, subresource: subresource as Route["subresource"] };
}

/** The verb of a request as RBAC names it. */
export function verbOf(method: string, { name }: Route, isWatch: boolean): string {
  if (method === "GET") return isWatch ? "watch" : name === "" ? "list" : "get";
  return { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" }[method] ?? method.toLowerCase();
}
