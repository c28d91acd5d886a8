// Who owns spec.minReplicas of an object, and how that is taken and given back: pure functions over metadata.managedFields.
// Invariant: the owners of other fields stay as they are.
import { FIELD_MANAGER } from "../api/index.ts";

/** One entry of metadata.managedFields. */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: { readonly "f:spec"?: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
}

/** An owner of spec.minReplicas: an entry without its fields. */
export type FieldOwner = Omit<ManagedFields, "fieldsType" | "fieldsV1">;

const FIELD = "f:minReplicas";

const owns = ({ fieldsV1 }: ManagedFields) => fieldsV1?.["f:spec"]?.[FIELD] !== undefined;
const isOperator = ({ manager, subresource = "" }: FieldOwner) => manager === FIELD_MANAGER && subresource === "";
const isSame = (a: FieldOwner, b: FieldOwner) =>
  a.manager === b.manager && a.operation === b.operation && a.apiVersion === b.apiVersion && (a.subresource ?? "") === (b.subresource ?? "");

/** Whether the operator owns spec.minReplicas: so it is until somebody else sets another value. */
export function isOwnedByOperator(entries: readonly ManagedFields[]): boolean {
  return entries.some((entry) => isOperator(entry) && owns(entry));
}

/** Everybody else who owns spec.minReplicas. */
export function otherOwners(entries: readonly ManagedFields[]): FieldOwner[] {
  return entries.filter((entry) => owns(entry) && !isOperator(entry)).map(({ fieldsType: _type, fieldsV1: _fields, ...owner }) => owner);
}

/** The entries without the operator, and with `owners` as owners of spec.minReplicas beside those that there are. */
export function withOwners(entries: readonly ManagedFields[], owners: readonly FieldOwner[]): ManagedFields[] {
  const kept = entries.filter((entry) => !isOperator(entry));
  const restored = kept.map((entry) => (owners.some((owner) => isSame(owner, entry)) ? withField(entry) : entry));
  const gone = owners.filter((owner) => !kept.some((entry) => isSame(owner, entry)));
  return [...restored, ...gone.map((owner) => withField({ ...owner, fieldsType: "FieldsV1" }))];
}

function withField(entry: ManagedFields): ManagedFields {
  const { fieldsV1 = {} } = entry;
  return { ...entry, fieldsV1: { ...fieldsV1, "f:spec": { ...fieldsV1["f:spec"], [FIELD]: {} } } };
}
