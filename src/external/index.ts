export { replicasAnswer } from "./replicas.ts";
export { serveExternalScaler } from "./server.ts";
export type { ExternalScalerServer } from "./server.ts";
