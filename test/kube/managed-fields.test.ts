// Who owns minReplicas, taken and given back: nothing else about the owners changes. The same on a real API server: test/cluster/outputs.test.ts.
import { expect, test } from "vitest";
import { isOwnedByOperator, otherOwners, withOwners } from "../../src/kube/managed-fields.ts";
import type { ManagedFields } from "../../src/kube/managed-fields.ts";

const entry = (manager: string, operation: string, fields: readonly string[], subresource?: string): ManagedFields => ({
  manager,
  operation,
  apiVersion: "autoscaling/v2",
  time: "2026-03-02T08:00:00Z",
  fieldsType: "FieldsV1",
  fieldsV1: { "f:spec": Object.fromEntries(fields.map((field) => [`f:${field}`, {}])) },
  ...(subresource === undefined ? {} : { subresource }),
});

const git = entry("argocd-controller", "Apply", ["maxReplicas", "minReplicas"]);
const person = entry("kubectl-patch", "Update", ["minReplicas"]);
const status = entry("kube-controller-manager", "Update", [], "status");
const without = (one: ManagedFields, ...fields: readonly string[]) => entry(one.manager ?? "", one.operation ?? "", fields);

test("owners that are left keep their other fields and get this one back; one that owned nothing else comes back whole", () => {
  const owners = otherOwners([git, person, status]);
  expect(owners.map(({ manager }) => manager)).toEqual(["argocd-controller", "kubectl-patch"]);
  const held = [without(git, "maxReplicas"), status, entry("predictive-scaler", "Apply", ["minReplicas"])];
  expect(withOwners(held, owners)).toEqual([git, status, person]);
});

test("an owner is one manager, operation, version and subresource: another of the same name gets nothing", () => {
  const [owner] = otherOwners([git]);
  const others = [entry("argocd-controller", "Update", ["behavior"]), entry("argocd-controller", "Apply", ["maxReplicas"], "scale")];
  expect(withOwners(others, owner === undefined ? [] : [owner])).toEqual([...others, entry("argocd-controller", "Apply", ["minReplicas"])]);
});

test.each([
  ["its apply", [entry("predictive-scaler", "Apply", ["minReplicas"])], true],
  ["a give-back that was cut off after the value", [entry("predictive-scaler", "Apply", []), entry("predictive-scaler", "Update", ["minReplicas"])], true],
  ["a value that a person set since", [entry("predictive-scaler", "Apply", []), person], false],
  ["a write through a subresource", [entry("predictive-scaler", "Update", ["minReplicas"], "scale")], false],
  ["nobody", [], false],
])("owned by the operator after %s", (_, entries, expected) => {
  expect(isOwnedByOperator(entries)).toBe(expected);
});

test("the operator is never written down as an owner that something is given back to", () => {
  expect(otherOwners([entry("predictive-scaler", "Apply", ["minReplicas"]), git]).map(({ manager }) => manager)).toEqual(["argocd-controller"]);
});
