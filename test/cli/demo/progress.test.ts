// Progress: one redrawn line on a terminal, a line now and then elsewhere, and nothing left behind.
import { expect, test } from "vitest";
import { createProgress } from "../../../src/cli/demo/progress.ts";

function progressOn(isTerminal: boolean) {
  let nowMs = 0;
  const said: string[] = [];
  const progress = createProgress({ isTerminal, stderr: (text) => void said.push(text) }, { nowMs: () => nowMs });
  return { said, progress, wait: (ms: number) => void (nowMs += ms) };
}

test("a terminal's line is redrawn in place and taken away at the end", () => {
  const { said, progress, wait } = progressOn(true);
  progress.at(0, "a");
  progress.at(0.1, "too soon");
  wait(100);
  progress.at(0.5, "b");
  progress.done();
  expect(said).toEqual(["\r\u001B[K[....................] a", "\r\u001B[K[##########..........] b", "\r\u001B[K"]);
});

test("elsewhere a line comes every ten seconds, without control characters", () => {
  const { said, progress, wait } = progressOn(false);
  for (let second = 0; second <= 20; second++) {
    progress.at(second / 20, "x");
    wait(1000);
  }
  progress.done();
  expect(said).toEqual(["[....................] x\n", "[##########..........] x\n", "[####################] x\n"]);
});
