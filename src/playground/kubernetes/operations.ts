// Create, read, update, patch, delete and list, as the real server does them: optimistic locking, generation, subresources apart from the object.
import type { Clock } from "../../clock.ts";
import { rfc3339 } from "../../clock.ts";
import { alreadyExists, badRequest, conflict, expired, invalid, notFound } from "./failure.ts";
import { isEqual, isObject, part, text } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { patched } from "./patch.ts";
import { groupVersion, selectorText } from "./resources.ts";
import type { Resource } from "./resources.ts";
import type { Route } from "./routes.ts";
import type { Selector } from "./selectors.ts";
import { keyOf } from "./store.ts";
import type { Store } from "./store.ts";

const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const FIXED_METADATA = ["uid", "creationTimestamp", "generation", "namespace", "name"];

export interface Page {
  readonly limit: number;
  readonly continueToken: string;
  readonly selector: Selector;
}

export class Operations {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #namespaces: Resource;
  #count = 0;

  constructor(store: Store, clock: Clock, resources: readonly Resource[]) {
    this.#store = store;
    this.#clock = clock;
    const namespaces = resources.find(({ plural }) => plural === "namespaces");
    if (namespaces === undefined) throw new Error("a server without namespaces");
    this.#namespaces = namespaces;
    // As every cluster has it: kubeconfigs name it, and the operator's Lease goes there unless a flag says otherwise.
    const ordinary = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
    this.create({ resource: namespaces, namespace: "", name: "", subresource: "" }, ordinary, true);
  }

  create({ resource, namespace }: Route, body: unknown, isStrict: boolean): JsonObject {
    const object = this.#checked(resource, body);
    const metadata = part(object, "metadata");
    const id = (++this.#count).toString(16).padStart(12, "0");
    const generated = text(metadata, "generateName");
    const name = text(metadata, "name") || (generated === "" ? "" : `${generated}${id.slice(-5)}`);
    if (name === "") {
      const message = "Required value: name or generateName is required";
      throw invalid(resource, "", [{ field: "metadata.name", reason: "FieldValueRequired", message }]);
    }
    if (!NAME.test(name)) {
      const message = `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain`;
      throw invalid(resource, name, [{ field: "metadata.name", reason: "FieldValueInvalid", message }]);
    }
    if (text(metadata, "namespace") !== "" && text(metadata, "namespace") !== namespace)
      throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
    if (resource.isNamespaced && this.#store.get(this.#namespaces, `/${namespace}`) === undefined) throw notFound(this.#namespaces, namespace);
    const { status: _, ...asked } = object;
    const kept = resource.subresources.includes("status") ? asked : object;
    const own = {
      ...metadata,
      name,
      ...(resource.isNamespaced ? { namespace } : {}),
      uid: `00000000-0000-4000-8000-${id}`,
      creationTimestamp: rfc3339(this.#clock.nowMs()),
      ...(resource.hasGeneration ? { generation: 1 } : {}),
    };
    const made = this.#complete(resource, { ...kept, metadata: own }, isStrict);
    if (this.#store.get(resource, keyOf(made)) !== undefined) throw alreadyExists(resource, name);
    return this.#store.put(resource, made);
  }

  read(route: Route): JsonObject {
    const { resource, namespace, name, subresource } = route;
    const stored = this.#store.get(resource, `${namespace}/${name}`);
    if (stored === undefined) throw notFound(resource, name);
    return subresource === "scale" ? scaleOf(stored) : stored;
  }

  replace(route: Route, body: unknown, isStrict: boolean): JsonObject {
    return this.#write(route, this.#checked(route.subresource === "scale" ? undefined : route.resource, body), isStrict);
  }

  patch(route: Route, body: unknown, contentType: string, isStrict: boolean): JsonObject {
    return this.#write(route, patched(this.read(route), body, contentType), isStrict);
  }

  remove(route: Route): JsonObject {
    const { resource, namespace, name } = route;
    const stored = this.read(route);
    this.#store.remove(resource, `${namespace}/${name}`);
    const { group, plural } = resource;
    const details = { name, ...(group === "" ? {} : { group }), kind: plural, uid: part(stored, "metadata")["uid"] };
    return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
  }

  /** One page of a list. Later pages show the version of the first, or are expired. */
  list({ resource, namespace }: Route, { limit, continueToken, selector }: Page): JsonObject {
    const from = continueToken === "" ? undefined : position(continueToken);
    const version = from?.version ?? this.#store.version;
    const all = this.#store.list(resource, version);
    if (all === undefined) throw expired(version, this.#store.oldest);
    const isAsked = (object: JsonObject) => (namespace === "" || part(object, "metadata")["namespace"] === namespace) && selector(object);
    const left = all.filter((object) => isAsked(object) && (from === undefined || keyOf(object) > from.key));
    const items = limit > 0 ? left.slice(0, limit) : left;
    const [last] = items.slice(-1);
    const rest = left.length - items.length;
    const next = rest > 0 && last !== undefined ? { continue: tokenOf(version, keyOf(last)), remainingItemCount: rest } : {};
    return { kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata: { resourceVersion: String(version), ...next }, items };
  }

  /** Stores what the request may change of the object: all but status, status alone, or the replicas. */
  #write(route: Route, wanted: JsonObject, isStrict: boolean): JsonObject {
    const { resource, namespace, name, subresource } = route;
    const stored = this.read({ ...route, subresource: "" });
    const before = part(stored, "metadata");
    const after = part(wanted, "metadata");
    const version = text(after, "resourceVersion");
    if (version !== "" && version !== before["resourceVersion"]) throw conflict(resource, name);
    if (after["uid"] !== undefined && after["uid"] !== before["uid"]) throw conflict(resource, name);
    if ((after["name"] !== undefined && after["name"] !== name) || (after["namespace"] ?? namespace) !== namespace)
      throw badRequest("the name of the object does not match the name on the URL");
    const fixed = Object.fromEntries(FIXED_METADATA.filter((key) => before[key] !== undefined).map((key) => [key, before[key]]));
    let next: JsonObject;
    if (subresource === "scale") next = { ...stored, spec: { ...part(stored, "spec"), replicas: part(wanted, "spec")["replicas"] ?? 0 } };
    else if (subresource === "status") next = { ...stored, status: wanted["status"] };
    else {
      const { status: _, ...asked } = wanted;
      const hasStatus = resource.subresources.includes("status");
      const status = hasStatus ? stored["status"] : wanted["status"];
      next = { ...asked, ...(status === undefined ? {} : { status }), metadata: { ...after, ...fixed, resourceVersion: before["resourceVersion"] } };
    }
    const done = this.#stored(resource, stored, this.#complete(resource, next, isStrict));
    return subresource === "scale" ? scaleOf(done) : done;
  }

  /** Nothing changed makes no new version; a changed spec makes a new generation. */
  #stored(resource: Resource, stored: JsonObject, next: JsonObject): JsonObject {
    if (isEqual(stored, next)) return stored;
    const metadata = part(next, "metadata");
    if (!resource.hasGeneration || isEqual(stored["spec"], next["spec"])) return this.#store.put(resource, next);
    return this.#store.put(resource, { ...next, metadata: { ...metadata, generation: Number(metadata["generation"]) + 1 } });
  }

  #checked(resource: Resource | undefined, body: unknown): JsonObject {
    if (!isObject(body)) throw badRequest("the object provided is unrecognized: couldn't get version/kind");
    if (resource !== undefined && (body["kind"] !== resource.kind || body["apiVersion"] !== groupVersion(resource)))
      throw badRequest(`the object provided is ${String(body["apiVersion"])} ${String(body["kind"])}, not ${groupVersion(resource)} ${resource.kind}`);
    return body;
  }

  #complete(resource: Resource, object: JsonObject, isStrict: boolean): JsonObject {
    const complete = resource.complete?.(object, isStrict) ?? object;
    const causes = resource.causes?.(complete) ?? [];
    if (causes.length > 0) throw invalid(resource, text(part(complete, "metadata"), "name"), causes);
    return complete;
  }
}

/** The object as autoscaling/v1 Scale; zero replicas are left out, as the real server does it. */
function scaleOf(object: JsonObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = part(object, "metadata");
  const { replicas } = part(object, "spec");
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: part(object, "status")["replicas"] ?? 0, selector: selectorText(object) },
  };
}

function tokenOf(version: number, key: string): string {
  return Buffer.from(JSON.stringify({ version, key })).toString("base64url");
}

function position(token: string): { readonly version: number; readonly key: string } {
  try {
    const found: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (isObject(found) && typeof found["version"] === "number") return { version: found["version"], key: text(found, "key") };
  } catch {
    // Not ours: refused below.
  }
  throw badRequest("continue key is not valid");
}
