// helm as a person would use it, with folders of its own, and what it renders as objects.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Said } from "../control-plane/kubectl.ts";

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface Helm {
  /** A call that may be refused. `values` are given as a file. */
  said(args: readonly string[], values?: object): Promise<Said>;
  /** stdout of a call that must succeed. */
  (args: readonly string[], values?: object): Promise<string>;
  /** The objects of a chart, hooks included. */
  template(release: string, chart: string, namespace: string, values: object): Promise<Rendered[]>;
}

/** A hook may have to wait for a test that plays the kubelet. */
const DEADLINE_MS = 150_000;

export function createHelm(binary: string, parent: string, kubeconfig?: string): Helm {
  const folder = mkdtempSync(join(parent, "helm-"));
  const env = { ...process.env, KUBECONFIG: kubeconfig ?? join(folder, "none"), NO_COLOR: "1", ...homes(folder) };
  let files = 0;
  const said = (args: readonly string[], values?: object) => {
    const given: string[] = [];
    if (values !== undefined) {
      const file = join(folder, `values-${++files}.json`);
      writeFileSync(file, JSON.stringify(values));
      given.push("--values", file);
    }
    return new Promise<Said>((resolve) => {
      execFile(binary, [...args, ...given], { env, timeout: DEADLINE_MS, maxBuffer: 16 * 2 ** 20 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr }),
      );
    });
  };
  const call = async (args: readonly string[], values?: object) => {
    const { code, stdout, stderr } = await said(args, values);
    if (code !== 0) throw new Error(`helm ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
    return stdout;
  };
  return Object.assign(call, {
    said,
    template: async (release: string, chart: string, namespace: string, values: object) =>
      objectsOf(await call(["template", release, chart, "--namespace", namespace], values)),
  });
}

export function objectsOf(text: string): Rendered[] {
  return parseAllDocuments(text, { uniqueKeys: true }).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(document.errors.map(({ message }) => message).join("\n"));
    return document.contents === null ? [] : [document.toJS() as Rendered];
  });
}

function homes(folder: string): Record<string, string> {
  const made: Record<string, string> = {};
  for (const home of ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"]) {
    made[home] = join(folder, home.toLowerCase());
    mkdirSync(made[home]);
  }
  return made;
}
