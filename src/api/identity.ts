// How the resource is called at the API server. Manifests, roles and scripts depend on these words.

export const GROUP = "predictivescaler.io";
export const VERSION = "v1alpha1";
export const PLURAL = "predictivescalers";
export const KIND = "PredictiveScaler";
