// A server as a child process: its output in a log file, stopped by its handle, and never left behind.
// A guard process outside ours ends the children when this process dies in any way, SIGKILL too.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync } from "node:fs";
import { connect, createServer, Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";

export interface Server {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Undefined while it runs. */
  ended(): string | undefined;
  /** The last lines of its log. */
  tail(): string;
  /** SIGTERM, and SIGKILL after `graceMs`. Resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>;
}

const TAIL_LINES = 25;
const STOP_GRACE_MS = 5_000;
const POLL_MS = 50;

/**
 * Reads `+ pid`, `- pid` and `d folder` lines; at the end of input kills what is left and then removes the folders.
 * Lives on when Ctrl-C reaches the process group.
 */
const GUARD = `trap '' INT TERM HUP; pids=" "
while read -r what it; do case $what in +) pids="$pids$it ";; -) pids="\${pids%% $it *} \${pids#* $it }";; d) set -- "$@" "$it";; esac; done
for pid in $pids; do kill -9 "$pid" 2>/dev/null && dead=1; done
[ $# -eq 0 ] || { [ -z "$dead" ] || sleep 1; rm -rf -- "$@"; }`;
let guard: Writable | undefined;

function tellGuard(line: string): void {
  if (guard === undefined) {
    const child = spawn("sh", ["-c", GUARD], { stdio: ["pipe", "ignore", "ignore"] });
    child.unref();
    guard = child.stdin;
    guard.on("error", () => undefined);
    // The pipe to the guard must not keep this process alive.
    if (guard instanceof Socket) guard.unref();
  }
  guard.write(`${line}\n`);
}

/** Has `child` killed when this process ends without having ended it. */
export function guardChild(child: ChildProcess): void {
  if (child.pid === undefined) return;
  tellGuard(`+ ${child.pid}`);
  child.once("exit", () => tellGuard(`- ${child.pid}`));
}

/** A new folder below the machine's temporary one, removed at the latest when this process has ended. */
export function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  tellGuard(`d ${folder}`);
  return folder;
}

/** Starts a server; its output is appended to `logFile`. */
export function startServer(name: string, file: string, args: readonly string[], logFile: string): Server {
  const log = openSync(logFile, "a");
  const child = spawn(file, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  guardChild(child);
  let end: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => resolve(void (end = error.message)));
    child.once("exit", (code, signal) => resolve(void (end = signal ?? `exit code ${code}`)));
  });
  return {
    name,
    pid: child.pid ?? 0,
    logFile,
    ended: () => end,
    tail: () => readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-TAIL_LINES).join("\n"),
    async stop(graceMs = STOP_GRACE_MS) {
      if (end !== undefined) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** Asks `isReady` until it says so. Throws with the tail of the log when the server ends, or `deadlineMs` passes. */
export async function untilReady(server: Server, what: string, deadlineMs: number, isReady: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    if (await isReady().catch(() => false)) return;
    const end = server.ended();
    if (end !== undefined) throw new Error(`${server.name} ended (${end}) before ${what}. The end of ${server.logFile}:\n${server.tail()}`);
    if (Date.now() > endMs) throw new Error(`${server.name}: not ${what} after ${deadlineMs / 1000} s. The end of ${server.logFile}:\n${server.tail()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** `count` different free ports on loopback. Another process may take one meanwhile: see `isPortClash`. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether a failed start was about a port that somebody else has. */
export function isPortClash(error: unknown): boolean {
  return error instanceof Error && /address already in use|bind: /.test(error.message);
}

/** Something listens there. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
