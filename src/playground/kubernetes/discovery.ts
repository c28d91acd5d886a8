// What the server says of itself: versions, groups and the resources of each.
import { groupVersion } from "./resources.ts";
import type { Resource } from "./resources.ts";
import type { JsonObject } from "./json.ts";

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** The answer at a discovery path, or undefined if it is none. */
export function discovery(path: string, resources: readonly Resource[]): JsonObject | undefined {
  if (path === "/version") return { major: "1", minor: "34", gitVersion: "v1.34.0-playground", platform: "playground" };
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  const groups = [...new Set(resources.filter(({ group }) => group !== "").map(({ group }) => group))];
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map((group) => groupOf(group, resources)) };
  const group = groups.find((name) => path === `/apis/${name}`);
  if (group !== undefined) return { kind: "APIGroup", apiVersion: "v1", ...groupOf(group, resources) };
  const mine = resources.filter((resource) => path === (resource.group === "" ? `/api/${resource.version}` : `/apis/${groupVersion(resource)}`));
  const [first] = mine;
  return first === undefined ? undefined : { kind: "APIResourceList", apiVersion: "v1", groupVersion: groupVersion(first), resources: mine.flatMap(entries) };
}

function groupOf(name: string, resources: readonly Resource[]): JsonObject {
  const versions = resources.filter(({ group }) => group === name).map((resource) => ({ groupVersion: groupVersion(resource), version: resource.version }));
  return { name, versions: [versions[0]], preferredVersion: versions[0] };
}

function entries(resource: Resource): JsonObject[] {
  const { plural, kind, isNamespaced, subresources } = resource;
  return [
    { name: plural, singularName: kind.toLowerCase(), namespaced: isNamespaced, kind, verbs: VERBS },
    ...subresources.map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: "",
      namespaced: isNamespaced,
      ...(subresource === "scale" ? { group: "autoscaling", version: "v1", kind: "Scale" } : { kind }),
      verbs: ["get", "patch", "update"],
    })),
  ];
}
