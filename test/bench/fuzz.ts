// The targets of test/fuzz at a million cases: each in a worker of its own, watched from outside, so that a loop without end is seen too.
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { TARGETS } from "../fuzz/targets.ts";
import type { Target } from "../fuzz/targets.ts";

export interface FuzzFigure {
  readonly name: string;
  readonly cases: number;
  readonly seconds: number;
  /** What fell, with the seed and path that repeat it. */
  readonly fall: string | undefined;
}

const MILLION = 1_000_000;
/** Cases between two words to the watcher. */
const BATCH = 1_000;
/** A worker that says nothing for so long hangs: a batch takes seconds at most. */
const SILENCE_MS = 120_000;

interface Task {
  readonly name: string;
  readonly cases: number;
  readonly seed: number;
}

/** Runs `cases` over all targets by their shares. */
export async function fuzz(cases: number, seed: number, progress: (what: string) => void): Promise<FuzzFigure[]> {
  const figures: FuzzFigure[] = [];
  const tasks = TARGETS.map(({ name, share }) => ({ name, cases: Math.ceil((cases * share) / MILLION), seed }));
  const work = async () => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const beginMs = performance.now();
      const fall = await watched(task);
      figures.push({ name: task.name, cases: task.cases, seconds: (performance.now() - beginMs) / 1000, fall });
      progress(`${task.name}: ${task.cases} cases ${fall === undefined ? "stood" : "FELL"}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return figures;
}

/** What fell, or undefined. */
function watched(task: Task): Promise<string | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    let doneCases = 0;
    let timer: NodeJS.Timeout | undefined;
    const end = (fall: string | undefined) => {
      clearTimeout(timer);
      void worker.terminate();
      resolve(fall);
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(`It hangs after ${doneCases} cases of seed ${task.seed}.`), SILENCE_MS);
    };
    worker.on("message", (message: { readonly done: number } | { readonly fall: string | undefined }) => {
      if ("fall" in message) return end(message.fall);
      doneCases = message.done;
      watch();
    });
    // What escaped every handler: an exception or an unhandled rejection.
    worker.on("error", (error) => end(`It escaped after ${doneCases} cases of seed ${task.seed}: ${error.stack ?? error.message}`));
    watch();
  });
}

function say(message: { readonly done: number } | { readonly fall: string | undefined }): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(message);
}

async function runTask({ check, stop }: Awaited<ReturnType<Target["start"]>>, { cases, seed }: Task): Promise<string | undefined> {
  try {
    for (let done = 0; done < cases; done += BATCH) {
      await check({ seed: seed + done, numRuns: Math.min(BATCH, cases - done) });
      say({ done: done + BATCH });
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.cause instanceof Error ? error.cause.message : ""}` : String(error);
  } finally {
    await stop();
  }
}

if (!isMainThread && parentPort !== null) {
  process.removeAllListeners("warning");
  const task = workerData as Task;
  const target = TARGETS.find(({ name }) => name === task.name);
  if (target !== undefined) say({ fall: await runTask(await target.start(), task) });
}
