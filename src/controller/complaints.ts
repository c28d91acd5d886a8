// Failures of scalers in the log: once when they are new, not at every pass.
import type { OperatorError } from "../errors.ts";
import type { Log } from "../telemetry/index.ts";

export interface Complaints {
  /** Says it, unless it is what was last said of this scaler (`namespace/name`). */
  of(key: string, error: OperatorError): void;
  /** All is well again, or the scaler is gone. */
  end(key: string): void;
}

export function createComplaints(log: Log): Complaints {
  const said = new Map<string, string>();
  return {
    of(key, error) {
      if (said.get(key) === error.message) return;
      said.set(key, error.message);
      const [namespace, name] = key.split("/");
      const fields = { namespace, name, reason: error.reason };
      // Only a bug has a stack worth reading.
      if (error.reason !== "InternalError") log.warn(fields, error.sentence);
      else log.error({ ...fields, err: error.cause instanceof Error ? error.cause.stack : undefined }, error.sentence);
    },
    end: (key) => void said.delete(key),
  };
}
