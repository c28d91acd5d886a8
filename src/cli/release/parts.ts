// What the steps of a release work with.
import type { Clock } from "../../clock.ts";
import type { KubeConnection } from "../../kube/index.ts";

/** What a step may use. */
export interface ReleaseParts {
  readonly connection: KubeConnection;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One sentence for the log. */
  readonly say: (sentence: string) => void;
}
