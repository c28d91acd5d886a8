// How far the demo is, on stderr: one line redrawn on a terminal, else a line now and then.
import type { Clock } from "../../clock.ts";
import { createClock } from "../../clock.ts";
import type { Io } from "../io.ts";

/** A terminal is redrawn at most so often, elsewhere a line comes at most so often; ms of the wall clock. */
const REDRAW_MS = 100;
const LINE_MS = 10_000;
const BAR = 20;
const CLEAR = "\r\u001B[K";

export interface Progress {
  /** Says `text`; `share` (0..1) of the work is done. */
  at(share: number, text: string): void;
  /** Takes the line away, so that something else can be printed. */
  done(): void;
}

export function createProgress(io: Pick<Io, "stderr" | "isTerminal">, wall: Pick<Clock, "nowMs"> = createClock()): Progress {
  const everyMs = io.isTerminal ? REDRAW_MS : LINE_MS;
  let saidMs = -Infinity;
  let isDrawn = false;
  return {
    at(share, text) {
      if (wall.nowMs() - saidMs < everyMs) return;
      saidMs = wall.nowMs();
      const filled = Math.round(BAR * Math.min(1, Math.max(0, share)));
      const line = `[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${text}`;
      io.stderr(io.isTerminal ? CLEAR + line : `${line}\n`);
      isDrawn = io.isTerminal;
    },
    done() {
      if (isDrawn) io.stderr(CLEAR);
      isDrawn = false;
    },
  };
}
