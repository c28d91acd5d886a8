// The environment that the program has in its image, in a pod of the chart: figures of the bench are those of such a pod.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const ROOT = new URL("../../", import.meta.url);
/** Node takes half of a container's memory for what is old in its heap. */
const HEAP_SHARE = 0.5;

/** Variables of the Dockerfile's ENV lines, with the heap that Node gives itself under the chart's memory limit. */
export function imageEnv(): Record<string, string> {
  const found = [...readFileSync(new URL("Dockerfile", ROOT), "utf8").matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value] as const);
  const env = Object.fromEntries(found);
  const { resources } = parse(readFileSync(new URL("charts/predictive-scaler/values.yaml", ROOT), "utf8")) as { readonly resources: { readonly limits: { readonly memory: string } } };
  const limit = /^(\d+)Gi$/.exec(resources.limits.memory)?.[1];
  if (limit === undefined) throw new Error(`The chart's memory limit is ${resources.limits.memory}; expected whole Gi.`);
  return { ...env, NODE_OPTIONS: `${env["NODE_OPTIONS"] ?? ""} --max-old-space-size=${Number(limit) * 1024 * HEAP_SHARE}` };
}
