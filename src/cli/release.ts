// `release`: makes a running operator stop and lets go of what it holds, before it is uninstalled. What the chart's pre-delete hook runs.
// Invariants: nothing is let go of before the holder of the lease must have stopped; workloads and their replicas are not touched;
// a second run does no harm, and everything ends within LIMIT_MS.
import { Command, Option } from "commander";
import { createClock, withTimeout } from "../clock.ts";
import { connect, createLeases, createMemberLeases, KubeError, LEASE_TIMING } from "../kube/index.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { giveBack } from "./release/give-back.ts";
import { takeLease } from "./release/lease.ts";
import { markRemoved } from "./release/mark-removed.ts";
import { removeHeadroom } from "./release/remove-headroom.ts";
import type { ReleaseParts } from "./release/parts.ts";
import { readScalers } from "./release/scalers.ts";
import type { HeldScaler } from "./release/scalers.ts";
import { names } from "./run.ts";
import { LEASE_CALL_MS, LEASE_NAME } from "./run/election.ts";

interface ReleaseOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly leaderElectNamespace?: string;
  /** Undefined: all namespaces. */
  readonly watchNamespaces?: readonly string[];
}

/** Everything that the operator holds, each with what lets go of it, in this order. A step says what it did; it throws KubeError if another try may help. */
const STEPS: readonly ((scalers: readonly HeldScaler[], parts: ReleaseParts) => Promise<void>)[] = [giveBack, removeHeadroom, markRemoved];

/** Ms for everything: the hook's activeDeadlineSeconds leaves room for another run. */
const LIMIT_MS = 80_000;
/** Clocks that count differently, and an answer on its way, ms. */
const MARGIN_MS = 2_000;
const EXAMPLE = `
Example:
  predictive-scaler release --leader-elect-namespace predictive-scaler

Takes the lease, so that no replica of the operator goes on, waits until the one that
held it has stopped, gives back the minReplicas of HPAs that scalers keep as floors, and
says in the status of every scaler that nobody acts on it. Scalers, workloads and their
replicas stay as they are. An operator that still runs
five minutes later takes the lease back and goes on.
`;

export function releaseCommand(io: Io, finish: (code: number) => void): Command {
  return new Command("release")
    .description("Make the operator let go of what it holds, before it is uninstalled.")
    .addOption(new Option("--kubeconfig <file>", "kubeconfig to use (default: the pod's ServiceAccount, else $KUBECONFIG, else ~/.kube/config)"))
    .addOption(new Option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(new Option("--leader-elect-namespace <name>", "namespace of the Lease (default: the pod's, else the kubeconfig's)"))
    .addOption(new Option("--watch-namespaces <names>", "namespaces that the operator works in, by commas (default: all)").argParser(names))
    .addHelpText("after", EXAMPLE)
    .action(async (options: ReleaseOptions) => finish(await release(options, io)));
}

async function release(options: ReleaseOptions, io: Io): Promise<number> {
  const { kubeconfig, context } = options;
  const connection = connect({ ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) });
  const signal = withTimeout(LIMIT_MS, io.signal);
  const parts: ReleaseParts = { connection, clock: createClock(), signal, say: (sentence) => io.stdout(`${sentence}\n`) };
  try {
    await stopOperator({ namespace: options.leaderElectNamespace ?? connection.namespace, name: LEASE_NAME }, parts);
    const scalers = await readScalers(options.watchNamespaces, parts);
    for (const step of STEPS) await step(scalers, parts);
    return EXIT.ok;
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted;
    if (!signal.aborted) throw error;
    io.stderr(`predictive-scaler: Not done within ${LIMIT_MS / 1000} s. Run it again: what is done already is passed over.\n`);
    return EXIT.unreachable;
  } finally {
    await connection.close();
  }
}

/** Takes the lease and waits until whoever held it must have stopped, by the promise of leader election. */
async function stopOperator(lease: { readonly namespace: string; readonly name: string }, { connection, clock, signal, say }: ReleaseParts): Promise<void> {
  const taken = await takeLease(createLeases(connection, LEASE_CALL_MS), lease, clock, signal);
  const shown = `${lease.namespace}/${lease.name}`;
  if (taken.kind === "none") return say(`There is no lease ${shown}: no operator acts under it.`);
  if (taken.from === "") say(`Took the lease ${shown}, which nobody held.`);
  else {
    say(`Took the lease ${shown} from ${taken.from}, and wait until it must have stopped.`);
    await clock.delay(LEASE_TIMING.renewDeadlineMs + MARGIN_MS, signal);
  }
  await removeMemberLeases(lease.namespace, { connection, clock, signal, say });
}

/** Those that sharding has left: they are objects of no chart. Without sharding they may not even be listed. */
async function removeMemberLeases(namespace: string, { connection, clock, signal, say }: ReleaseParts): Promise<void> {
  const leases = createMemberLeases({ connection, clock, namespace, timeoutMs: LEASE_CALL_MS });
  try {
    const found = await leases.list(signal);
    for (const { name, version } of found) await leases.remove(name, version, signal);
    if (found.length > 0) say(`Removed the leases of ${found.length} members.`);
  } catch (error) {
    if (!(error instanceof KubeError) || error.status !== 403) throw error;
  }
}
