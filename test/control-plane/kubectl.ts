// kubectl against one kubeconfig, as a person would use it. Every call has a deadline.
import { execFile } from "node:child_process";

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  /** stdout of a call that must succeed; throws with kubectl's own words. */
  (...args: readonly string[]): Promise<string>;
  /** A call that may be refused. */
  said(args: readonly string[], input?: string): Promise<Said>;
  /** `kubectl apply` of objects. */
  apply(...objects: readonly object[]): Promise<string>;
  /** The object as JSON. */
  get<T>(...args: readonly string[]): Promise<T>;
  readonly kubeconfig: string;
}

/** Longer than any call takes on a busy machine; a stuck call must not hold up a run. */
const DEADLINE_MS = 120_000;
const MAX_OUTPUT_BYTES = 16 * 2 ** 20;

export function createKubectl(binary: string, kubeconfig: string): Kubectl {
  const said = (args: readonly string[], input?: string) =>
    new Promise<Said>((resolve) => {
      const child = execFile(
        binary,
        ["--kubeconfig", kubeconfig, ...args],
        { timeout: DEADLINE_MS, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, NO_COLOR: "1" } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr }),
      );
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input ?? "");
    });
  const call = async (args: readonly string[], input?: string) => {
    const { code, stdout, stderr } = await said(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}: ${stderr.trim()}`);
    return stdout;
  };
  return Object.assign((...args: readonly string[]) => call(args), {
    said,
    kubeconfig,
    apply: (...objects: readonly object[]) => call(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })),
    get: async <T>(...args: readonly string[]) => JSON.parse(await call(["get", ...args, "-o", "json"])) as T,
  });
}
