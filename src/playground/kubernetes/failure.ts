// What the API server says when it refuses: a Status, with the words and codes of the real one.
import type { JsonObject } from "./json.ts";

/** The words of a resource that failures name it by. */
interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

/** What a request was for; the name is empty for a collection. */
interface Place {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
}

export interface Cause {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** Thrown by every part of the server; the HTTP layer answers with `status`. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly code: number;
  readonly status: JsonObject;

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message);
    this.code = code;
    this.status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, ...(details === undefined ? {} : { details }), code };
  }
}

/** `deployments.apps`. */
const qualified = ({ plural, group }: Named) => (group === "" ? plural : `${plural}.${group}`);
const detailsOf = ({ plural, group }: Named, name: string) => ({ name, ...(group === "" ? {} : { group }), kind: plural });

export function notFound(resource: Named, name: string): ApiFailure {
  return new ApiFailure(404, "NotFound", `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
}

export function alreadyExists(resource: Named, name: string): ApiFailure {
  return new ApiFailure(409, "AlreadyExists", `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));
}

export function conflict(resource: Named, name: string): ApiFailure {
  const advice = "the object has been modified; please apply your changes to the latest version and try again";
  return new ApiFailure(409, "Conflict", `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${advice}`, detailsOf(resource, name));
}

export function invalid(resource: Named, name: string, causes: readonly Cause[]): ApiFailure {
  const { kind, group } = resource;
  const each = causes.map(({ field, message }) => `${field}: ${message}`);
  const message = `${group === "" ? kind : `${kind}.${group}`} "${name}" is invalid: ${each.length === 1 ? each[0] : `[${each.join(", ")}]`}`;
  return new ApiFailure(422, "Invalid", message, { name, ...(group === "" ? {} : { group }), kind, causes });
}

export function badRequest(message: string): ApiFailure {
  return new ApiFailure(400, "BadRequest", message);
}

export function expired(asked: number, oldest: number): ApiFailure {
  return new ApiFailure(410, "Expired", `too old resource version: ${asked} (${oldest})`);
}

export function forbidden(resource: Named, verb: string, place: Place): ApiFailure {
  const what = place.subresource === "" ? resource.plural : `${resource.plural}/${place.subresource}`;
  const where = place.namespace === "" ? "at the cluster scope" : `in the namespace "${place.namespace}"`;
  const head = place.name === "" ? `${qualified(resource)} is forbidden` : `${qualified(resource)} "${place.name}" is forbidden`;
  const message = `${head}: User "playground" cannot ${verb} resource "${what}" in API group "${resource.group}" ${where}`;
  return new ApiFailure(403, "Forbidden", message, detailsOf(resource, place.name));
}
