// Which output a scaler has now, and what it lets go of: an output that it had before, or all of it on a pause, in mode Recommend, and at its end.
import { pauseOf } from "../../api/index.ts";
import type { Scales } from "../../kube/index.ts";
import { externalOutput } from "./external.ts";
import { floorOutput, giveBackFloor } from "./floor.ts";
import type { FloorParts } from "./floor.ts";
import type { OutputPass, OutputState } from "./output.ts";
import { scaleOutput } from "./scale.ts";
import type { StoredScaler } from "../stored-scaler.ts";

export interface Outputs {
  /** What the decision starts from; what the scaler keeps and may not keep any more is given back before. Throws OperatorError. */
  read(pass: OutputPass, signal: AbortSignal): Promise<OutputState>;
  /** The scaler is being deleted: everything is given back, and it may go. Throws KubeError. */
  letGo(stored: StoredScaler, signal: AbortSignal): Promise<void>;
}

export interface OutputParts extends Omit<FloorParts, "written"> {
  readonly scales: Scales;
}

export function createOutputs({ scales, ...kept }: OutputParts): Outputs {
  const { claims } = kept;
  const parts: FloorParts = { ...kept, written: new Map() };
  const scale = scaleOutput(scales);
  const giveBackUnless = async (wanted: string | undefined, stored: StoredScaler, signal: AbortSignal) => {
    const claimed = claims.of(stored);
    if (claimed === undefined || claimed === wanted) return;
    await giveBackFloor(parts, stored, claimed, signal);
  };
  return {
    async read(pass, signal) {
      const { output } = pass.plan;
      const wanted = floorWanted(pass);
      const isClaimed = wanted !== undefined && claims.of(pass.stored) === wanted;
      await giveBackUnless(wanted, pass.stored, signal);
      if (output.type === "HorizontalPodAutoscaler") return floorOutput(parts, output.name, isClaimed).read(pass, signal);
      return output.type === "Scale" ? scale.read(pass, signal) : externalOutput.read(pass, signal);
    },
    letGo: (stored, signal) => giveBackUnless(undefined, stored, signal),
  };
}

/** The HPA whose floor the scaler may keep now. Paused in both directions it keeps none: nobody would move it. */
function floorWanted({ stored, plan: { output, policy }, nowMs }: OutputPass): string | undefined {
  if (output.type !== "HorizontalPodAutoscaler" || policy.mode === "Recommend") return undefined;
  const { scaleIn, scaleOut } = pauseOf(stored.metadata.annotations, nowMs);
  return scaleIn && scaleOut ? undefined : output.name;
}
