// The one error class of the operator: every expected failure leaves its room as an OperatorError.
// `reason` is the word that the condition, the event, the log and the metric will show.
import type { Reason } from "./api/index.ts";

/** When trying again can help: soon with back-off, at the next decision, or only after the user edits the scaler. */
export type Retry = "backoff" | "nextInterval" | "whenSpecChanges";

export interface OperatorErrorOptions {
  readonly reason: Reason;
  readonly retry: Retry;
  /** One imperative sentence for the person on call. */
  readonly hint?: string;
  /** What the server asked for (Retry-After), in ms. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class OperatorError extends Error {
  override readonly name = "OperatorError";
  readonly reason: Reason;
  readonly retry: Retry;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: OperatorErrorOptions) {
    super(message, { cause: options.cause });
    this.reason = options.reason;
    this.retry = options.retry;
    this.hint = options.hint;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Message and hint as one text for a person. */
  get sentence(): string {
    return this.hint === undefined ? this.message : `${this.message} ${this.hint}`;
  }
}
