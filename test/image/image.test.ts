// The image as it is shipped: built from the real Dockerfile twice, and run as 65532 on a read-only root without a shell.
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorld } from "../../src/cli/demo/world.ts";
import { waitFor } from "../cluster/wait-for.ts";
import { temporaryFolder } from "../control-plane/child-process.ts";
import { createEngine, missingForImages, runImage, startImage, stopImage, textIn } from "./engine.ts";
import type { BuiltImage, Engine } from "./engine.ts";

const missing = missingForImages();
if (missing !== undefined) process.stderr.write(`The image tests are skipped: ${missing}.\n`);

const BILL = "app/predictive-scaler.cdx.json";
const PROGRAM = "app/predictive-scaler.mjs";
/** Read only where a scaler's calendar names holidays. */
const HOLIDAYS = "app/holidays.mjs";
/** Beside Node itself the image may weigh so much, bytes. */
const MOST_BESIDE_NODE = 8 * 2 ** 20;
const DEMO_RATE = 3_500;

describe.skipIf(missing !== undefined)("the image", () => {
  let engine: Engine;
  let image: BuiltImage;

  beforeAll(async () => {
    engine = await createEngine();
    image = await engine.build({ VERSION: "1.2.3", REVISION: "abc" });
  }, 120_000);

  test("the same sources give the same image", async () => {
    const again = await engine.build({ VERSION: "1.2.3", REVISION: "abc" });
    expect(again.id).toBe(image.id);
    const other = await engine.build({ VERSION: "1.2.4", REVISION: "abc" });
    expect(other.id).not.toBe(image.id);
  });

  test("holds Node, one program and the calendars that it may need, what they are made of, and nothing else", () => {
    const files = engine.added(image);
    expect(files).toEqual([HOLIDAYS, BILL, PROGRAM, "licenses/LICENSE", "licenses/node.txt", "licenses/third-party-licenses.txt", "usr/local/bin/node"]);
    const bytes = files.filter((file) => !file.endsWith("/node")).reduce((sum, file) => sum + statSync(join(image.folder, file)).size, 0);
    expect(bytes).toBeLessThan(MOST_BESIDE_NODE);
    expect(textIn(image, "licenses/third-party-licenses.txt")).toMatch(/^undici \d.* \(MIT\)$/m);
    expect(textIn(image, "licenses/third-party-licenses.txt")).toMatch(/^date-holidays \d.*CC-BY-3\.0/m);
    const { components } = JSON.parse(textIn(image, BILL)) as { readonly components: readonly { readonly name: string }[] };
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(["@kubernetes/client-node", "undici", "uplot", "zod"]));
  });

  test("says who it is, runs as a user without rights, and leaves probes to Kubernetes", () => {
    const { User, Labels, Healthcheck, Cmd } = image.config;
    expect({ User, Cmd, Healthcheck }).toEqual({ User: "65532:65532", Cmd: ["run"], Healthcheck: undefined });
    expect(Labels).toMatchObject({
      "org.opencontainers.image.version": "1.2.3",
      "org.opencontainers.image.revision": "abc",
      "org.opencontainers.image.licenses": "Apache-2.0",
    });
  });

  test("its root is read-only here, and its user is the image's", async () => {
    const script = "console.log(process.getuid(), process.getgid()); try { require('fs').writeFileSync('/app/x', ''); } catch (e) { console.log(e.code); }";
    const { stdout } = await runImage(image, ["-e", script], [image.config.Entrypoint[0] ?? ""]);
    expect(stdout).toBe("65532 65532\nEROFS\n");
  });

  test("prints its version and the CRD", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(await runImage(image, ["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const crd = await runImage(image, ["crd"]);
    expect(crd).toMatchObject({ code: 0, stderr: "" });
    expect(crd.stdout).toContain("name: predictivescalers.predictivescaler.io");
  });

  describe("as the operator", () => {
    let world: Awaited<ReturnType<typeof startWorld>>;
    beforeAll(async () => void (world = await startWorld({ seed: 6, rate: DEMO_RATE, port: 0 })));
    afterAll(() => world.close());

    test("answers /healthz, learns from history in its worker, and stops when asked", async () => {
      const files = temporaryFolder("image-test-kubeconfig-");
      chmodSync(files, 0o755);
      writeFileSync(join(files, "kubeconfig"), world.kubeconfig);
      const clock = ["--clock-start", new Date(world.startMs).toISOString(), "--clock-rate", String(world.rate), "--clock-origin", String(world.originMs)];
      const servers = ["--kubeconfig", "/files/kubeconfig", "--prometheus-url", world.prometheusUrl, "--metrics-addr", "127.0.0.1:0"];
      const child = startImage(image, ["run", ...servers, "--leader-elect", "false", ...clock], files);
      const lines: string[] = [];
      for (const stream of [child.stdout, child.stderr]) if (stream !== null) createInterface({ input: stream }).on("line", (line) => lines.push(line));
      const gone = new Promise<number | null>((resolve) => void child.once("exit", resolve));
      try {
        const url = await waitFor("the operator listens", 30_000, async () => {
          const line = lines.find((text) => text.includes('"listening"'));
          if (line === undefined) throw new Error(`It said:\n${lines.join("\n")}`);
          return (JSON.parse(line) as { metricsUrl: string }).metricsUrl;
        });
        expect((await fetch(new URL("/healthz", url))).status).toBe(200);
        await waitFor("the scaler forecasts", 60_000, async () => {
          const { isTrue, reason } = await world.forecasting();
          if (!isTrue) throw new Error(`Forecasting is not True (${reason}). The operator said:\n${lines.slice(-20).join("\n")}`);
        });
      } finally {
        stopImage(child);
      }
      expect(await gone).toBe(0);
      expect(lines.at(-1)).toContain('"stopped"');
    }, 120_000);
  });
});
