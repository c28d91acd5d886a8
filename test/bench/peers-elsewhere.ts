// Forecasts of Python and R, each in a child process of its own: they time their fit themselves, after their imports and a first small fit.
// Where an interpreter or a package is absent the answer is a sentence, not an error.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Series } from "../../src/series/index.ts";

const DAY_MS = 86_400_000;
/** A fit that takes longer is given up. */
const LIMIT_MS = 120_000;

interface Script {
  readonly name: string;
  readonly command: "python3" | "Rscript";
  readonly needs: string;
  /** Defines fit(y, day). */
  readonly code: string;
}

/** What a child says: a file of numbers comes in, milliseconds and peak megabytes go out. */
const HARNESS = {
  python3: (code: string) => `
import json, resource, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
${code}
y = np.loadtxt(sys.argv[1]); day = int(sys.argv[2])
fit(y[: 21 * 24 : 1] + 0.0, 24)
begin = time.perf_counter(); fit(y, day); took = time.perf_counter() - begin
print("took", took * 1e3, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
`,
  Rscript: (code: string) => `
${code}
args <- commandArgs(trailingOnly = TRUE); y <- scan(args[1], quiet = TRUE); day <- as.integer(args[2])
invisible(fit(y[1:504], 24))
begin <- proc.time()[["elapsed"]]; invisible(fit(y, day)); took <- proc.time()[["elapsed"]] - begin
peak <- grep("VmHWM", readLines("/proc/self/status"), value = TRUE)
cat("took", took * 1e3, as.numeric(gsub("[^0-9]", "", peak)) / 1024, "\\n")
`,
} as const;

const SCRIPTS: readonly Script[] = [
  { name: "R HoltWinters (day)", command: "Rscript", needs: "R", code: "fit <- function(y, day) HoltWinters(ts(y, frequency = day))" },
  {
    name: "statsmodels Holt-Winters (day)", command: "python3", needs: "statsmodels",
    code: `from statsmodels.tsa.holtwinters import ExponentialSmoothing
fit = lambda y, day: ExponentialSmoothing(y, seasonal="add", seasonal_periods=day, initialization_method="heuristic").fit()`,
  },
  {
    name: "statsforecast MSTL (day, week)", command: "python3", needs: "statsforecast",
    code: `from statsforecast.models import MSTL, AutoETS
fit = lambda y, day: MSTL(season_length=[day, 7 * day], trend_forecaster=AutoETS(model="ZZN")).fit(y)`,
  },
  {
    name: "statsforecast AutoETS (no season)", command: "python3", needs: "statsforecast",
    code: `from statsforecast.models import AutoETS
fit = lambda y, day: AutoETS(season_length=1).fit(y)`,
  },
];

export type Elsewhere = { readonly name: string } & ({ readonly kind: "timed"; readonly ms: number; readonly megabytes: number } | { readonly kind: "skipped"; readonly why: string });

function runScript({ name, command, needs, code }: Script, dir: string, data: string, day: number): Elsewhere {
  const path = join(dir, "fit");
  writeFileSync(path, HARNESS[command](code));
  const child = spawnSync(command, [path, data, String(day)], { encoding: "utf8", timeout: LIMIT_MS });
  const skipped = (why: string) => ({ kind: "skipped", name, why }) as const;
  if (child.error !== undefined) return skipped("code" in child.error && child.error.code === "ENOENT" ? `${command} is not installed` : `not done after ${LIMIT_MS / 1000} s`);
  const [, ms, megabytes] = /took ([\d.e+]+) ([\d.e+]+)/.exec(child.stdout) ?? [];
  if (ms !== undefined && megabytes !== undefined) return { kind: "timed", name, ms: Number(ms), megabytes: Number(megabytes) };
  return skipped(child.stderr.includes("ModuleNotFoundError") ? `${needs} is not installed` : `failed: ${child.stderr.trim().split("\n").at(-1) ?? ""}`);
}

/** Times each on `series`, one after another; `progress` hears which. */
export function fitElsewhere({ stepMs, values }: Series, progress: (name: string) => void): Elsewhere[] {
  const dir = mkdtempSync(join(tmpdir(), "peers-"));
  try {
    const data = join(dir, "values");
    writeFileSync(data, values.join("\n"));
    return SCRIPTS.map((script) => {
      progress(script.name);
      return runScript(script, dir, data, DAY_MS / stepMs);
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
