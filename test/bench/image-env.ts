// The environment that the image gives the program: figures of the bench are those of a container.
import { readFileSync } from "node:fs";

const DOCKERFILE = new URL("../../Dockerfile", import.meta.url);

/** Variables of the Dockerfile's ENV lines. */
export function imageEnv(): Record<string, string> {
  const found = [...readFileSync(DOCKERFILE, "utf8").matchAll(/^ENV (\w+)=(\S+)$/gm)].map(([, name = "", value = ""]) => [name, value] as const);
  return Object.fromEntries(found);
}
