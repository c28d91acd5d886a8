// Turns of the event loop: one caller each, and everything else in between.
import { expect, test } from "vitest";
import { createTurns } from "../src/clock.ts";

test("turns are taken one after the other, and the loop sees to everything else between two", async () => {
  const turn = createTurns();
  const said: string[] = [];
  const take = async (name: string) => {
    await turn();
    said.push(name);
    // Whoever asks again while others wait comes after them.
    if (name === "a") void take("a again").then(() => said.push("end"));
  };
  const all = ["a", "b", "c"].map(take);
  const others = Array.from({ length: 3 }, async (_, i) => {
    for (let j = 0; j < i + 1; j++) await new Promise((resolve) => setImmediate(resolve));
    said.push(`other ${i}`);
  });
  await Promise.all([...all, ...others]);
  await turn();
  expect(said).toEqual(["a", "other 0", "b", "other 1", "c", "other 2", "a again", "end"]);
});
