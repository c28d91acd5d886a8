// One JSON line an event on stderr, with stable keys: level, time, msg, and what the caller adds (namespace, name, reason, err).
// Synchronous destination: nothing is lost at the end, and bundling stays trivial. Never give it secrets.
import { destination, pino, stdTimeFunctions } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the other rooms see of the log. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log that writes lines at or above `level` to file descriptor 2. */
export function createLog(level: LogLevel): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  );
}
