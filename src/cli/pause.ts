// `pause` and `resume`: scaling of one direction or both stops by an annotation on the scaler, and goes on without it, or by itself at its end time.
// Written with the user's own rights, and only the two annotations. Exit codes: 1 there is no such scaler or it may not be changed, 3 no answer.
import { Command, InvalidArgumentError, Option } from "commander";
import { durationText, parseDuration, PAUSED_ANNOTATION, PAUSED_UNTIL_ANNOTATION, pauseOf } from "../api/index.ts";
import type { Pause } from "../api/index.ts";
import { createClock, rfc3339 } from "../clock.ts";
import { KubeError, scalersPath } from "../kube/index.ts";
import type { KubeConnection, KubeObject } from "../kube/index.ts";
import type { ClusterOptions } from "./cluster-scaler.ts";
import { EXIT } from "./io.ts";
import type { Io } from "./io.ts";
import { onCluster } from "./on-cluster.ts";
import { refuse } from "./refusal.ts";

type Direction = "in" | "out" | "both";
type Annotations = Readonly<Record<string, string | null>>;

interface PauseOptions extends ClusterOptions {
  readonly direction: Direction;
  /** Ms. */
  readonly for?: number;
  readonly output: "text" | "json";
}

const LONGEST_MS = 365 * 86_400_000;
/** Other writers of a scaler's metadata are rare. */
const TRIES = 3;
const WORD: Readonly<Record<Direction, string>> = { both: "true", in: "scale-in", out: "scale-out" };

const PAUSE_EXAMPLE = `
Examples:
  kubectl psc pause checkout
  kubectl psc pause checkout --direction in --for 2h

While it is paused the replicas stay as they are in that direction; the forecast and
the status go on. A pause replaces the one before it. "resume" ends it; with --for it
also ends by itself.
`;
const RESUME_EXAMPLE = `
Examples:
  kubectl psc resume checkout
  kubectl psc resume checkout --direction out

With --direction only that direction goes on; the other stays paused if it was.
`;

export function pauseCommand(io: Io, finish: (code: number) => void): Command {
  return withFlags(new Command("pause").description("Pause scaling of scalers, in one direction or both."), "the direction that stops")
    .addOption(new Option("--for <duration>", "how long, such as 2h (default: until resume)").argParser(duration))
    .addHelpText("after", PAUSE_EXAMPLE)
    .action(async (names: string[], options: PauseOptions) => finish(await change(names, options, io, (_pause, nowMs) => pauseWords(options, nowMs))));
}

export function resumeCommand(io: Io, finish: (code: number) => void): Command {
  return withFlags(new Command("resume").description("End a pause of scalers, in one direction or both."), "the direction that goes on")
    .addHelpText("after", RESUME_EXAMPLE)
    .action(async (names: string[], options: PauseOptions) => finish(await change(names, options, io, (pause) => resumeWords(options, pause))));
}

function withFlags(command: Command, direction: string): Command {
  return command
    .argument("<name...>", "the PredictiveScalers")
    .addOption(new Option("-n, --namespace <name>", "their namespace (default: the kubeconfig's)"))
    .addOption(new Option("--kubeconfig <file>", "kubeconfig to use (default: $KUBECONFIG, else ~/.kube/config)"))
    .addOption(new Option("--context <name>", "context of the kubeconfig (default: its current one)"))
    .addOption(new Option("--direction <direction>", direction).choices(["in", "out", "both"]).default("both"))
    .addOption(new Option("-o, --output <format>", "what is printed").choices(["text", "json"]).default("text"));
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1000 || ms > LONGEST_MS) throw new InvalidArgumentError("Expected a duration from 1s to 365d, such as 90m, 2h or 1d.");
  return ms;
}

function pauseWords({ direction, for: forMs }: PauseOptions, nowMs: number): Annotations {
  return { [PAUSED_ANNOTATION]: WORD[direction], [PAUSED_UNTIL_ANNOTATION]: forMs === undefined ? null : rfc3339(nowMs + forMs) };
}

function resumeWords({ direction }: PauseOptions, pause: Pause): Annotations {
  const scaleIn = pause.scaleIn && direction === "out";
  const scaleOut = pause.scaleOut && direction === "in";
  if (!scaleIn && !scaleOut) return { [PAUSED_ANNOTATION]: null, [PAUSED_UNTIL_ANNOTATION]: null };
  return { [PAUSED_ANNOTATION]: WORD[scaleIn ? "in" : "out"] };
}

type Words = (pause: Pause, nowMs: number) => Annotations;

function change(names: readonly string[], options: PauseOptions, io: Io, words: Words): Promise<number> {
  return onCluster(options, io, async (connection) => {
    const namespace = options.namespace ?? connection.namespace;
    const changed = [];
    for (const name of new Set(names)) {
      const pause = await annotate(connection, { namespace, name }, words, io.signal);
      changed.push({ namespace, name, ...pause });
      if (options.output === "text") io.stdout(`${sentence(namespace, name, pause)}\n`);
    }
    if (options.output === "json") io.stdout(`${JSON.stringify(changed.map(record), undefined, 2)}\n`);
    return EXIT.ok;
  });
}

/** Writes what `words` makes of the pause there is; the pause that there is then. */
async function annotate(connection: KubeConnection, at: { namespace: string; name: string }, words: Words, signal: AbortSignal): Promise<Pause> {
  const path = `${scalersPath(at.namespace)}/${encodeURIComponent(at.name)}`;
  const clock = createClock();
  for (let attempt = 1; ; attempt++) {
    try {
      const { metadata } = (await connection.request({ method: "GET", path, signal })) as KubeObject;
      const annotations = words(pauseOf(metadata.annotations, clock.nowMs()), clock.nowMs());
      const body = { metadata: { resourceVersion: metadata.resourceVersion, annotations } };
      const contentType = "application/merge-patch+json";
      const written = (await connection.request({ method: "PATCH", path: `${path}?fieldManager=kubectl-psc`, body, contentType, signal })) as KubeObject;
      return pauseOf(written.metadata.annotations, clock.nowMs());
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.status === 409 && attempt < TRIES) continue;
      const look = "Look for it with: kubectl get psc --all-namespaces";
      if (error.status === 404) refuse(`There is no PredictiveScaler ${at.name} in the namespace ${at.namespace}. ${look}`);
      refuse(error.sentence, error.status === undefined || error.status >= 500 ? EXIT.unreachable : EXIT.bad);
    }
  }
}

function sentence(namespace: string, name: string, { scaleIn, scaleOut, untilMs }: Pause): string {
  const who = `${namespace}/${name}`;
  if (!scaleIn && !scaleOut) return `${who} scales in both directions.`;
  const what = scaleIn && scaleOut ? "is paused in both directions" : `is paused in one direction: it does not scale ${scaleIn ? "in" : "out"}`;
  if (untilMs === undefined) return `${who} ${what}. It goes on with: kubectl psc resume ${name} -n ${namespace}`;
  const leftMs = Math.max(1000, Math.round((untilMs - createClock().nowMs()) / 1000) * 1000);
  return `${who} ${what} until ${rfc3339(untilMs)} (${durationText(leftMs)}).`;
}

function record({ namespace, name, scaleIn, scaleOut, untilMs }: Pause & { readonly namespace: string; readonly name: string }) {
  return { namespace, name, paused: { scaleIn, scaleOut, until: untilMs === undefined || !(scaleIn || scaleOut) ? null : rfc3339(untilMs) } };
}
