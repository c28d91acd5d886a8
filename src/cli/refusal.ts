// What stops a command: a sentence for the user and the exit code that it means.
import { EXIT } from "./io.ts";

export class Refusal extends Error {
  readonly code: number;
  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Throws a Refusal; by default the thing asked about is bad. */
export function refuse(message: string, code: number = EXIT.bad): never {
  throw new Refusal(message, code);
}

const WORDS: Readonly<Record<string, string>> = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "permission denied" };

/** Throws the Refusal for a file that cannot be read or written. */
export function refuseFile(file: string, verb: "read" | "written", error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  return refuse(`${file}: cannot be ${verb}: ${WORDS[code ?? ""] ?? message}`, EXIT.unreachable);
}
