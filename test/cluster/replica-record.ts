// What happened to every Deployment of a namespace: spec.replicas and ready pods with the moment of each change, from a watch.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { guardChild } from "../control-plane/child-process.ts";
import type { Kubectl } from "../control-plane/kubectl.ts";

export interface ReplicaChange {
  readonly atMs: number;
  readonly replicas: number;
  readonly ready: number;
}

export interface ReplicaRecord {
  /** Changes of one Deployment, oldest first; the first is what was there when the record began. */
  of(name: string): readonly ReplicaChange[];
  stop(): void;
}

const TEMPLATE = '{.metadata.name} {.spec.replicas} {.status.readyReplicas}{"\\n"}';

/** A watch that ends, because its server does, is begun again after so long. */
const AGAIN_MS = 500;

/** Watches until stopped, also after the server was away. `nowMs` gives the time of each change. */
export function recordReplicas(binary: string, kubectl: Kubectl, namespace: string, nowMs: () => number): ReplicaRecord {
  const changes = new Map<string, ReplicaChange[]>();
  const args = ["--kubeconfig", kubectl.kubeconfig, "get", "deployments", "--namespace", namespace, "--watch", "-o", `jsonpath=${TEMPLATE}`];
  const take = (line: string) => {
    const [name = "", replicas, ready] = line.split(" ");
    const change = { atMs: nowMs(), replicas: Number(replicas), ready: Number(ready || 0) };
    const known = changes.get(name);
    if (known === undefined) changes.set(name, [change]);
    else known.push(change);
  };
  let isStopped = false;
  let end: () => void;
  const begin = () => {
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "ignore"] });
    guardChild(child);
    createInterface({ input: child.stdout }).on("line", take);
    const again = () => void (isStopped || setTimeout(() => isStopped || begin(), AGAIN_MS));
    child.once("exit", again);
    end = () => void child.kill();
  };
  begin();
  return {
    of: (name) => changes.get(name) ?? [],
    stop() {
      isStopped = true;
      end();
    },
  };
}
