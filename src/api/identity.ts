// How the resource is called at the API server. Manifests, roles and scripts depend on these words.

export const GROUP = "predictivescaler.io";
export const VERSION = "v1alpha1";
export const PLURAL = "predictivescalers";
export const KIND = "PredictiveScaler";
/** The operator's own field manager, in server-side applies and otherwise. */
export const FIELD_MANAGER = "predictive-scaler";
