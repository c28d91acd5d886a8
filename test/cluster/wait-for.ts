// Waiting for something that real servers do in their own time: asks again and again until a deadline.

const POLL_MS = 200;

/**
 * The first value that `look` returns without throwing. At the deadline throws what the last look said,
 * so that a failing test shows the state and not only that time ran out.
 */
export async function waitFor<T>(what: string, deadlineMs: number, look: () => Promise<T>): Promise<T> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (Date.now() > endMs) throw new Error(`${what}: not within ${deadlineMs / 1000} s. ${said}`, { cause: error });
    }
    await pause(POLL_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
