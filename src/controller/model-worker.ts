// The thread that learns: history in, fitted and replayed model state out. It keeps the event loop of the operator free.
import { constants, platform, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { warmUp } from "../forecast/index.ts";
import { learnModel } from "./model.ts";
import type { LearnRequest } from "./model.ts";

const port = parentPort;
if (port === null) throw new Error("model-worker runs as a worker thread only");

// On Linux a priority belongs to a thread: where processors are scarce, decisions come before learning.
if (platform() === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

// Compiled before the first history comes; what is asked meanwhile waits its turn.
warmUp();

port.on("message", ({ id, request }: { id: number; request: LearnRequest }) => {
  try {
    const learned = learnModel(request);
    const buffers = Object.values(learned.state).flatMap((arrays) => arrays.map((array: Float64Array) => array.buffer as ArrayBuffer));
    port.postMessage({ id, learned }, buffers);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
