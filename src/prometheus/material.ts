// What a source's manifest refers to, fetched: secrets and files as headers, certificates and hidden texts. Nothing here is logged or shown.
import { readFile } from "node:fs/promises";
import type { SecretKeyRef } from "../api/index.ts";
import { OperatorError } from "../errors.ts";
import type { PrometheusSource } from "./prometheus.ts";
import type { Manners } from "./request.ts";

/** The values of a Secret by key; undefined when there is no such Secret. Throws OperatorError when it cannot be read. */
export type ReadSecret = (namespace: string, name: string) => Promise<Readonly<Record<string, string>> | undefined>;

/** The operator's own server: it is asked unless a scaler names another. */
export interface OwnServer {
  readonly url: string;
  /** Files that are read again when they change: a projected token, a CA bundle. */
  readonly bearerTokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

/** Everything that a client is made of, apart from its address. Equal texts, equal material. */
export interface Material {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Omit<NonNullable<Manners["tls"]>, "ca" | "cert" | "key"> & { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly hidden: readonly string[];
}

/** Reads what `access` refers to in `namespace`. Throws OperatorError that names the Secret and the key. */
export async function secretMaterial(access: PrometheusSource, namespace: string, readSecret: ReadSecret): Promise<Material> {
  const secrets = new Map<string, Promise<Readonly<Record<string, string>> | undefined>>();
  const hidden: string[] = [];
  const valueOf = async (ref: SecretKeyRef | undefined, isHidden: boolean): Promise<string | undefined> => {
    if (ref === undefined) return undefined;
    const reading = secrets.get(ref.name) ?? readSecret(namespace, ref.name);
    secrets.set(ref.name, reading);
    const values = await reading;
    const value = values?.[ref.key];
    if (value === undefined) throw absent(ref, namespace, values);
    // A trailing line end is how files end, not part of a token.
    const trimmed = value.replace(/\r?\n$/, "");
    if (isHidden) hidden.push(trimmed);
    return trimmed;
  };
  const { auth, tls } = access;
  const headers: Record<string, string> = {};
  for (const { name, value, valueFrom } of access.headers ?? []) headers[name.toLowerCase()] = value ?? (await valueOf(valueFrom?.secretKeyRef, true)) ?? "";
  const bearer = await valueOf(auth?.bearer?.secretKeyRef, true);
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  const password = await valueOf(auth?.basic?.passwordSecretKeyRef, true);
  if (auth?.basic !== undefined) {
    const encoded = Buffer.from(`${auth.basic.username}:${password ?? ""}`).toString("base64");
    hidden.push(encoded);
    headers["authorization"] = `Basic ${encoded}`;
  }
  const certificates = {
    ca: await valueOf(tls?.caSecretKeyRef, false),
    cert: await valueOf(tls?.certSecretKeyRef, false),
    key: await valueOf(tls?.keySecretKeyRef, true),
  };
  return {
    headers,
    hidden,
    tls: {
      ...Object.fromEntries(Object.entries(certificates).filter(([, value]) => value !== undefined)),
      ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
      ...(tls?.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
    },
  };
}

/** Reads the files of the operator's own server. Throws OperatorError that names the file. */
export async function fileMaterial({ bearerTokenFile, caFile }: OwnServer): Promise<Material> {
  const token = (await textOf(bearerTokenFile))?.trim();
  const ca = await textOf(caFile);
  return {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    tls: ca === undefined ? {} : { ca },
    hidden: token === undefined ? [] : [token],
  };
}

async function textOf(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const hint = "Check --prometheus-bearer-token-file and --prometheus-ca-file, and the volume they lie on.";
    throw new OperatorError(`The file ${file} for Prometheus cannot be read.`, { reason: "PrometheusUnreachable", retry: "backoff", hint, cause });
  }
}

function absent({ name, key }: SecretKeyRef, namespace: string, values: Readonly<Record<string, string>> | undefined): OperatorError {
  const keys = Object.keys(values ?? {});
  const found = values === undefined ? "is not there" : `has no key "${key}" (it has: ${keys.join(", ") || "none"})`;
  const what = values === undefined ? "Create it in the scaler's namespace" : "Add the key";
  const hint = `${what}, or correct spec.metric.prometheus.`;
  return new OperatorError(`The Secret "${name}" in namespace "${namespace}" ${found}.`, { reason: "PrometheusUnreachable", retry: "backoff", hint });
}
