// A thread of `bench decision`: takes one task after another and answers with what was judged.
import { parentPort } from "node:worker_threads";
import { judgeTrace } from "./decision-judge.ts";
import type { Task } from "./decision-judge.ts";

parentPort?.on("message", (task: Task) => parentPort?.postMessage(judgeTrace(task), []));
