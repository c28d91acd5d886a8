// Builds the real Dockerfile and runs what comes out, with buildah and no container engine: stand-ins for both base images are made of this machine's files.
// Invariant: nothing is pulled, and all of it lies in one temporary folder.
import { execFile, execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { guardChild, temporaryFolder } from "../control-plane/child-process.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NODE_IMAGE = "docker.io/library/node:24-bookworm-slim";
const DISTROLESS_IMAGE = "gcr.io/distroless/cc-debian12:nonroot";
const BASE = "FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n";
/** At the top of the project. */
const NOT_SOURCES = new Set(["node_modules", "dist", "coverage", ".git"]);
const LAST_BYTES = 4_000;

/** Stands in for npm, which would need a registry: the packages are at /node_modules already, and a script is run as package.json has it. */
const NPM = `#!/usr/local/bin/node
const { spawnSync } = require("node:child_process");
const { readFileSync, existsSync } = require("node:fs");
const [what, script] = process.argv.slice(2);
if (what === "ci") process.exit(existsSync("/node_modules") && existsSync("package-lock.json") ? 0 : 1);
if (what !== "run") throw new Error("npm " + what + " is not known here");
process.exit(spawnSync("/bin/sh", ["-c", JSON.parse(readFileSync("package.json", "utf8")).scripts[script]], { stdio: "inherit" }).status ?? 1);
`;

export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck?: unknown;
}

export interface BuiltImage {
  readonly id: string;
  readonly config: ImageConfig;
  /** The unpacked image. */
  readonly folder: string;
}

export interface Engine {
  /** Builds the Dockerfile; the same sources give the same id. */
  build(args?: Readonly<Record<string, string>>): Promise<BuiltImage>;
  /** Files of the image that the base does not have, sorted. */
  added(image: BuiltImage): string[];
}

/** Why images cannot be built here; undefined where they can. */
export function missingForImages(): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "it needs root, to mount and to change the user";
  const works = (tool: string, ...args: readonly string[]) => {
    try {
      execFileSync(tool, args, { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  };
  const absent = ["buildah", "unshare", "setpriv", "ldd"].find((tool) => !works(tool, "--version"));
  if (absent !== undefined) return `${absent} is not on the PATH`;
  return works("unshare", "--mount", "true") ? undefined : "mounting is not allowed here";
}

export async function createEngine(): Promise<Engine> {
  const folder = temporaryFolder("image-test-");
  const buildah = async (...args: readonly string[]) => {
    const store = ["--root", join(folder, "store"), "--runroot", join(folder, "run"), "--storage-driver", "vfs"];
    const { stdout } = await run("buildah", [...store, ...args], { env: { ...process.env, BUILDAH_ISOLATION: "chroot" }, maxBuffer: 2 ** 26 });
    return stdout.trim();
  };
  const bases = { node: join(folder, "node"), distroless: join(folder, "distroless") };
  layNodeBase(bases.node);
  copyLibraries(bases.distroless);
  writeFileSync(join(folder, "Dockerfile"), BASE);
  const base = (from: string, tag: string) => buildah("bud", "--timestamp", "0", "-f", join(folder, "Dockerfile"), "-t", tag, from);
  // A copy, so that what is edited meanwhile does not come between two builds.
  const sources = join(folder, "sources");
  cpSync(ROOT, sources, { recursive: true, filter: (from) => !NOT_SOURCES.has(relative(ROOT, from)) });
  await base(bases.node, NODE_IMAGE);
  await base(bases.distroless, DISTROLESS_IMAGE);
  return {
    async build(args = {}) {
      const buildArgs = Object.entries(args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
      const packages = ["--volume", `${join(ROOT, "node_modules")}:/node_modules:ro`];
      const id = await buildah("bud", "--quiet", "--pull-never", "--no-cache", "--timestamp", "0", ...packages, ...buildArgs, sources);
      const { OCIv1 } = JSON.parse(await buildah("inspect", "--type", "image", id)) as { OCIv1: { config: ImageConfig } };
      const container = await buildah("from", "--pull-never", id);
      return { id, config: OCIv1.config, folder: await buildah("mount", container) };
    },
    added: (image) => {
      const own = new Set(filesBelow(bases.distroless));
      return filesBelow(image.folder).filter((file) => !own.has(file));
    },
  };
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the image as Kubernetes would under the restricted Pod Security Standard: its user, entry point and environment, a read-only root,
 * no new privileges. `files`: a folder that is mounted at /files. The network is this machine's.
 */
export function startImage(image: BuiltImage, args: readonly string[], files?: string, entrypoint = image.config.Entrypoint): ChildProcess {
  for (const path of ["proc", "dev", "files"]) mkdirSync(join(image.folder, path), { recursive: true });
  const mounts = [
    'mount --bind "$0" "$0"',
    'mount -t proc proc "$0/proc"',
    'mount --bind /dev "$0/dev"',
    ...(files === undefined ? [] : [`mount --bind '${files}' "$0/files"`]),
    'mount -o remount,bind,ro "$0"',
  ];
  const inside = `${mounts.join(" && ")} && exec setpriv --no-new-privs chroot --userspec=${image.config.User} --groups= "$0" "$@"`;
  const env = Object.fromEntries(image.config.Env.map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
  const outer = { ...env, PATH: `${env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin` };
  const command = ["--mount", "--pid", "--fork", "--kill-child", "--", "/bin/sh", "-c", inside, image.folder, ...entrypoint, ...args];
  const child = spawn("unshare", command, { stdio: ["ignore", "pipe", "pipe"], env: outer });
  guardChild(child);
  return child;
}

/** Asks the process of the image, which is process 1 there, to stop. */
export function stopImage({ pid }: ChildProcess): void {
  const inside = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
  if (inside > 0) process.kill(inside, "SIGTERM");
}

/** Runs the image to its end. */
export async function runImage(image: BuiltImage, args: readonly string[], entrypoint?: readonly string[]): Promise<Ended> {
  const child = startImage(image, args, undefined, entrypoint);
  const said = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said.stderr = (said.stderr + text).slice(-LAST_BYTES)));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  return { code, ...said };
}

/** This Node, its libraries, a shell and the stand-in for npm. */
function layNodeBase(folder: string): void {
  copyLibraries(folder);
  copyInto(folder, process.execPath, "/usr/local/bin/node");
  copyInto(folder, join(dirname(process.execPath), "../LICENSE"), "/usr/local/LICENSE");
  copyInto(folder, "/bin/sh", "/bin/sh");
  writeFileSync(join(folder, "usr/local/bin/npm"), NPM);
  chmodSync(join(folder, "usr/local/bin/npm"), 0o755);
}

/** The shared libraries that this Node is linked with: what distroless/cc is there for. */
function copyLibraries(folder: string): void {
  for (const [path] of execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/\/\S+\.so\S*/g)) copyInto(folder, path, path);
}

function copyInto(folder: string, from: string, to: string): void {
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  copyFileSync(from, join(folder, to));
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name))).toSorted();
}

/** The text of a file of the image. */
export function textIn(image: BuiltImage, file: string): string {
  return readFileSync(join(image.folder, file), "utf8");
}
