// A ServiceAccount with the operator's rules and nothing more, and a kubeconfig that uses its token.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LEADER_RULES, MEMBER_RULES, OPERATOR_RULES } from "../../src/kube/index.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";

type Rule = (typeof OPERATOR_RULES)[number];

/**
 * Makes the account in a namespace of the same name; returns the path of a kubeconfig in `folder`.
 * `rules` takes away from the operator's rules, for tests of missing permissions; `isSharded` adds those of members.
 */
export async function operatorKubeconfig(kubectl: Kubectl, folder: string, name: string, rules: readonly Rule[] = OPERATOR_RULES, isSharded = false): Promise<string> {
  const file = await accountKubeconfig(kubectl, folder, name);
  await kubectl.apply(
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: name }],
    },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name, namespace: name }, rules: [...LEADER_RULES, ...(isSharded ? MEMBER_RULES : [])] },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name, namespace: name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: name }],
    },
  );
  return file;
}

/** Makes an account that may do nothing, in a namespace of the same name; returns the path of a kubeconfig in `folder`. */
export async function accountKubeconfig(kubectl: Kubectl, folder: string, name: string): Promise<string> {
  await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: name } });
  const token = (await kubectl("create", "token", name, "--namespace", name, "--duration=2h")).trim();
  const admin = JSON.parse(await kubectl("config", "view", "--raw", "-o", "json")) as { users: { user: { token: string } }[]; contexts: { context: { namespace?: string } }[] };
  for (const { user } of admin.users) user.token = token;
  // As a pod's ServiceAccount does it: the namespace is the account's.
  for (const { context } of admin.contexts) context.namespace = name;
  const file = join(folder, `${name}.kubeconfig`);
  writeFileSync(file, JSON.stringify(admin), { mode: 0o600 });
  return file;
}

/** The operator's rules without these verbs on a resource. */
export function rulesWithout(resource: string, ...verbs: readonly string[]): Rule[] {
  return OPERATOR_RULES.map((rule) => (rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((verb) => !verbs.includes(verb)) } : rule));
}
