// Paths of the real servers' binaries: from KUBEBUILDER_ASSETS, else from a cache outside the checkout, else built with Go into that cache.
// A cache folder is complete or absent: builds go to a temporary folder that is renamed at the end.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statfsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GO_MODULES } from "./modules.ts";
import type { Binary, GoModule } from "./modules.ts";

export type Binaries = Readonly<Record<Binary, string>>;

const HERE = dirname(fileURLToPath(import.meta.url));
const GIB = 2 ** 30;
/** Lines of Go's own words that are shown when a build fails. */
const TAIL_LINES = 20;

export interface ProvisionOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly say?: (line: string) => void;
}

/**
 * Absolute path of each binary; builds what is missing (minutes when nothing is cached).
 * Undefined where something is missing and there is no `go` to build it; with CI set that is an error instead.
 */
export async function provision(options: ProvisionOptions = {}): Promise<Binaries | undefined> {
  return provisionModules(GO_MODULES, "cluster", options);
}

/** The same for any modules. `lane`: whose tests need them. */
export async function provisionModules(
  modules: readonly GoModule[],
  lane: string,
  { env = process.env, say = sayOnStderr }: ProvisionOptions = {},
): Promise<Readonly<Record<string, string>> | undefined> {
  const found = new Map<string, string>();
  const assets = env["KUBEBUILDER_ASSETS"];
  const names = modules.flatMap(({ binaries }) => Object.keys(binaries));
  if (assets !== undefined && assets !== "") for (const name of names) if (existsSync(join(assets, name))) found.set(name, join(assets, name));
  for (const module of modules) {
    const missing = Object.keys(module.binaries).filter((name) => !found.has(name));
    if (missing.length === 0) continue;
    const folder = cacheFolder(module, env);
    adoptAliases(module, folder);
    if (missing.some((name) => !existsSync(join(folder, name)))) {
      if (!hasGo()) return missingGo(missing, folder, lane, { env, say });
      await build(module, folder, say);
    }
    for (const name of missing) found.set(name, join(folder, name));
  }
  for (const module of modules) {
    const folder = cacheFolder(module, env);
    const names = Object.keys(module.files?.paths ?? {});
    if (names.some((name) => !existsSync(join(folder, name)))) {
      if (!hasGo()) return missingGo(names, folder, lane, { env, say });
      copyFiles(module, folder);
    }
    for (const name of names) found.set(name, join(folder, name));
  }
  return Object.fromEntries(found);
}

/** Says what is missing; with CI set it is an error. */
function missingGo(missing: readonly string[], folder: string, lane: string, { env, say }: Required<ProvisionOptions>): undefined {
  const sentence = `No ${missing.join(", ")} in KUBEBUILDER_ASSETS or ${folder}, and no Go 1.26 or newer on the PATH to build from.`;
  if (env["CI"]) throw new Error(`${sentence} Install Go: with CI set the ${lane} tests must run.`);
  say(`${sentence} The ${lane} tests are skipped.`);
  return undefined;
}

/** The files of a module's sources, from Go's own cache of them. */
function copyFiles({ name, files }: GoModule, folder: string): void {
  if (files === undefined) return;
  const env = { ...process.env, GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const { stdout, stderr, status } = spawnSync("go", ["mod", "download", "-json", files.module], { cwd: join(HERE, name), env, encoding: "utf8" });
  if (status !== 0) throw new Error(`go mod download ${files.module} ended with ${status}:\n${stderr}`);
  const { Dir: sources } = JSON.parse(stdout) as { readonly Dir: string };
  mkdirSync(folder, { recursive: true });
  for (const [file, path] of Object.entries(files.paths)) {
    const temporary = join(folder, `.${file}.${process.pid}`);
    copyFileSync(join(sources, path), temporary);
    // Go keeps its sources read-only.
    chmodSync(temporary, 0o644);
    renameSync(temporary, join(folder, file));
  }
}

/** The binary if it is there already; nothing is built. */
export function provisioned(name: Binary, env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const assets = env["KUBEBUILDER_ASSETS"];
  const folders = [...(assets === undefined || assets === "" ? [] : [assets]), ...GO_MODULES.filter((one) => name in one.binaries).map((one) => cacheFolder(one, env))];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Where the binaries of a module are kept: keyed by the exact content of its go.mod and go.sum. */
function cacheFolder(module: GoModule, env: Readonly<Record<string, string | undefined>>): string {
  const source = join(HERE, module.name);
  const hash = createHash("sha256").update(readFileSync(join(source, "go.mod"))).update(readFileSync(join(source, "go.sum")));
  const base = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(base, "predictive-scaler", "control-plane", `${module.name}-${hash.digest("hex").slice(0, 16)}`);
}

/** `go build PACKAGE` names a binary after its package's folder; here it has its own name. */
function adoptAliases(module: GoModule, folder: string): void {
  for (const [name, others] of Object.entries(module.aliases ?? {})) {
    const other = others.find((alias) => existsSync(join(folder, alias)));
    if (other !== undefined && !existsSync(join(folder, name))) linkSync(join(folder, other), join(folder, name));
  }
}

function hasGo(): boolean {
  return spawnSync("go", ["version"], { stdio: "ignore" }).status === 0;
}

async function build(module: GoModule, folder: string, say: (line: string) => void): Promise<void> {
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  const disk = statfsSync(parent);
  const freeBytes = disk.bavail * disk.bsize;
  if (freeBytes < module.needsBytes)
    throw new Error(
      `Building ${module.name} needs about ${module.needsBytes / GIB} GiB of free disk; ${parent} has ${(freeBytes / GIB).toFixed(1)} GiB. ` +
        "Free some, or point XDG_CACHE_HOME or KUBEBUILDER_ASSETS elsewhere.",
    );
  const temporary = mkdtempSync(join(parent, `.${module.name}-`));
  try {
    const names = Object.entries(module.binaries);
    for (const [i, [name, path]] of names.entries()) {
      say(`Building ${name} (${module.name}, ${i + 1} of ${names.length}); the first time this takes some minutes.`);
      const startedMs = Date.now();
      await goBuild(module, path, join(temporary, name));
      say(`Built ${name} in ${Math.round((Date.now() - startedMs) / 1000)} s.`);
    }
    try {
      renameSync(temporary, folder);
    } catch (error) {
      // Another run may have finished first, or an incomplete folder is in the way.
      if (names.some(([name]) => !existsSync(join(folder, name)))) {
        rmSync(folder, { recursive: true, force: true });
        renameSync(temporary, folder);
      } else if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function goBuild(module: GoModule, path: string, output: string): Promise<void> {
  const args = ["build", "-trimpath", ...(module.tags === undefined ? [] : ["-tags", module.tags]), "-ldflags", module.ldflags, "-o", output, path];
  // GOFLAGS of the machine could change the module files or the result.
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const child = spawn("go", args, { cwd: join(HERE, module.name), env, stdio: ["ignore", "inherit", "pipe"] });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-20_000)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go build ${path} ended with ${code}:\n${words.trimEnd().split("\n").slice(-TAIL_LINES).join("\n")}`));
    });
  });
}

function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
