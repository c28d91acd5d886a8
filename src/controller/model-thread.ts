// Worker threads that learn models, asked through promises: one, and a second while many histories come in.
// A thread that dies fails its requests; the next request starts a new one.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../clock.ts";
import { OperatorError } from "../errors.ts";
import type { Learned, LearnRequest } from "./model.ts";

export interface ModelThread {
  learn(request: LearnRequest): Promise<Learned>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (learned: Learned) => void;
  readonly reject: (error: Error) => void;
}

type Answer = { readonly id: number; readonly learned: Learned } | { readonly id: number; readonly error: string };

/** One history at a time is little, and a thread that may have more lets garbage grow to it. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** With so many requests, its present one among them, the first thread is helped by a second, which ends when it has not been needed for so long, ms. */
const FULL = 2;
const LINGER_MS = 30_000;

/** The bundled model-worker.ts; the build sets it. */
declare const __MODEL_WORKER__: string | undefined;

/** The built program carries its worker as a text, so that it is one file; from source the worker's file stands beside this one. */
function startWorker(): Worker {
  if (typeof __MODEL_WORKER__ === "undefined") return new Worker(new URL("./model-worker.ts", import.meta.url), { resourceLimits: LIMITS });
  return new Worker(__MODEL_WORKER__, { eval: true, name: "model", resourceLimits: LIMITS });
}

interface OneThread extends ModelThread {
  /** Requests that wait or are worked on. */
  readonly waiting: number;
}

/** The threads that learn; a second one where there is a second processor. Each may be stopped and started. */
export function createModelThread(clock: Clock): ModelThread {
  const first = startThread();
  const hasRoom = availableParallelism() > 1;
  let second: OneThread | undefined;
  let linger: Timer | undefined;
  const endSecond = async () => {
    linger?.cancel();
    const ended = second;
    second = undefined;
    await ended?.close();
  };
  const bySecond = async (request: LearnRequest) => {
    const helper = (second ??= startThread());
    linger?.cancel();
    try {
      return await helper.learn(request);
    } finally {
      // A thread that dies ends all its requests at once.
      linger?.cancel();
      if (helper.waiting === 0 && helper === second) linger = clock.after(LINGER_MS, () => void endSecond());
    }
  };
  return {
    learn: (request) => (hasRoom && first.waiting >= FULL && first.waiting > (second?.waiting ?? 0) ? bySecond(request) : first.learn(request)),
    close: async () => void (await Promise.all([first.close(), endSecond()])),
  };
}

function startThread(): OneThread {
  let worker: Worker | undefined;
  let nextId = 0;
  const waiting = new Map<number, Waiting>();
  const fail = (message: string) => {
    const error = new OperatorError(`The model thread failed: ${message}`, { reason: "InternalError", retry: "backoff" });
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    worker = undefined;
  };
  const start = () => {
    const started = startWorker();
    started.on("message", (answer: Answer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) started.unref();
      if ("learned" in answer) asked?.resolve(answer.learned);
      else asked?.reject(new OperatorError(`Learning from history failed: ${answer.error}`, { reason: "InternalError", retry: "backoff" }));
    });
    started.on("error", (error) => fail(error.message));
    started.on("exit", (code) => worker === started && fail(`it ended with code ${code}`));
    return started;
  };
  // Started at once, for it compiles the fit before the first history comes.
  worker = start();
  worker.unref();
  return {
    get waiting() {
      return waiting.size;
    },
    learn(request) {
      worker ??= start();
      worker.ref();
      const id = nextId++;
      const target = worker;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        target.postMessage({ id, request }, [request.history.values.buffer as ArrayBuffer]);
      });
    },
    async close() {
      const running = worker;
      worker = undefined;
      await running?.terminate();
      if (waiting.size > 0) fail("the operator is stopping");
    },
  };
}
