// All faults, one a row of docs/reliability.md, and which of them are run beside each other.
import { apiFaults } from "./api-faults.ts";
import type { FaultCase } from "./case.ts";
import { objectFaults } from "./object-faults.ts";
import { operatorFaults } from "./operator-faults.ts";
import { prometheusFaults } from "./prometheus-faults.ts";

/** In the order of the table. */
export const CASES: readonly FaultCase[] = [...prometheusFaults, ...apiFaults, ...objectFaults, ...operatorFaults];

/** Cases with one operator among them. */
export interface Scene {
  /** A word of a namespace's name. */
  readonly name: string;
  readonly cases: readonly FaultCase[];
}

const isSlow = ({ alone }: FaultCase) => alone?.rate !== undefined || alone?.isOwnCluster === true;
const alone = CASES.filter((one) => one.alone !== undefined);

/** Those that take longest come first. */
export const SCENES: readonly Scene[] = [
  { name: "one-scaler", cases: CASES.filter((one) => one.alone === undefined) },
  ...[...alone.filter(isSlow), ...alone.filter((one) => !isSlow(one))].map((one) => ({ name: one.id, cases: [one] })),
];
