// An extension server on loopback behind the real API server's aggregation layer: what serves a metrics API in tests and benches.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { registerApi } from "./api-service.ts";
import type { Kubectl } from "./kubectl.ts";

const pem = (name: string) => readFileSync(new URL(`../prometheus/certificates/${name}`, import.meta.url));

export interface Extension {
  readonly group: string;
  readonly version: string;
  /** Kinds that can be asked for, for discovery. */
  readonly resources: readonly { readonly name: string; readonly kind: string }[];
  /** What stands at a path below the group and version, its namespace first; undefined is a 404. */
  readonly answer: (namespace: string, rest: readonly string[], query: URLSearchParams) => object | undefined | Promise<object | undefined>;
}

/** Serves the group until what is returned is called. Its Service lies in a namespace of its own. */
export async function serveExtension(kubectl: Kubectl, extension: Extension): Promise<() => Promise<void>> {
  const { group, version } = extension;
  const [name, namespace] = [`${version}.${group}`, group.replaceAll(".", "-")];
  const server = createServer({ key: pem("server.key"), cert: pem("server.pem") }, (request, response) => {
    answerTo(request.url ?? "/", extension).then(
      (answer) => {
        response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
        response.end(JSON.stringify(answer ?? { kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 }));
      },
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await kubectl.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "Service", metadata: { name: "server", namespace }, spec: { type: "ExternalName", externalName: "localhost", ports: [{ port }] } },
  );
  await registerApi(kubectl, { group, version, service: { name: "server", namespace, port } });
  await kubectl("wait", "--for=condition=Available", `apiservice/${name}`, "--timeout=20s");
  return async () => {
    await kubectl("delete", "apiservice", name, "--ignore-not-found");
    await kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found");
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  };
}

async function answerTo(url: string, { group, version, resources, answer }: Extension): Promise<object | undefined> {
  const { pathname, searchParams } = new URL(url, "https://server");
  const [, root, asked, at, , namespace, ...rest] = pathname.split("/");
  if (root !== "apis" || asked !== group || at !== version) return undefined;
  if (namespace !== undefined) return answer(namespace, rest, searchParams);
  const listed = resources.map((resource) => ({ ...resource, singularName: "", namespaced: true, verbs: ["get", "list"] }));
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: `${group}/${version}`, resources: listed };
}
