export { hpaReplicas, tunedHpa } from "./hpa.ts";
export { measure, readyReplicas } from "./world.ts";
export type { PolicyNumbers, World } from "./world.ts";
