// Every failure of a pass becomes an OperatorError: expected ones are one already, the rest is a bug and says so.
import { OperatorError } from "../errors.ts";

export function asOperatorError(error: unknown): OperatorError {
  if (error instanceof OperatorError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new OperatorError(`Unexpected failure: ${message}.`, {
    reason: "InternalError",
    retry: "backoff",
    hint: "Report it with the log line of this moment.",
    cause: error,
  });
}
