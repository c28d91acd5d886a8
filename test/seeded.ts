// Random tests draw the same cases in every run: a failure is somebody's change. `FAST_CHECK_SEED=N` draws others.
import * as fc from "fast-check";

const SEED = 20_260_301;

fc.configureGlobal({ seed: Number(process.env["FAST_CHECK_SEED"] ?? SEED) });
