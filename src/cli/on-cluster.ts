// A command's run against the cluster that its flags name: the exit code leaves it.
// Invariants: a refusal is told to the user and never thrown on; the connection is closed, however the run ends.
import type { KubeConnection } from "../kube/index.ts";
import { connectFor } from "./cluster-scaler.ts";
import type { ClusterOptions } from "./cluster-scaler.ts";
import type { Io } from "./io.ts";
import { Refusal } from "./refusal.ts";

/**
 * Connects, and resolves to the exit code that `run` yields. A Refusal, of the connection or of `run`, goes to stderr instead and gives its own code;
 * all else is thrown on. `prefixed`: which lines of a refusal begin with the program's name.
 */
export async function onCluster(
  options: ClusterOptions,
  io: Io,
  run: (connection: KubeConnection) => Promise<number>,
  prefixed: "first line" | "every line" = "first line",
): Promise<number> {
  let connection: KubeConnection | undefined;
  try {
    connection = connectFor(options);
    return await run(connection);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    io.stderr(`${error.message.replaceAll(prefixed === "every line" ? /^/gm : /^/g, "predictive-scaler: ")}\n`);
    return error.code;
  } finally {
    await connection?.close();
  }
}
