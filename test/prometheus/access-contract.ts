// Every way in which a scaler may have its metrics server asked, through a gateway that insists on it: the same tests for the playground and a real server.
import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClock } from "../../src/clock.ts";
import { OperatorError } from "../../src/errors.ts";
import { createPrometheusServers } from "../../src/prometheus/index.ts";
import type { PrometheusSource, RangeAnswer } from "../../src/prometheus/index.ts";
import { CERTIFICATES, SERVER_NAME, startGateway } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";

const NAMESPACE = "shop";
const AWS = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

export interface AskedServer {
  readonly url: string;
  readonly query: string;
  readonly atMs: number;
  readonly close?: () => Promise<void>;
}

/** Defines the tests; `start` yields a server that answers 1 to `query`, and a moment at which it does, unix ms. */
export function accessContract(name: string, start: () => Promise<AskedServer>): void {
  describe(`Ways to ask ${name}`, () => {
    let server: AskedServer;
    let secrets: Record<string, Record<string, string>> = {};
    let isAway = false;
    let ageMs = 0;
    beforeAll(async () => void (server = await start()));
    afterAll(async () => server.close?.());

    const readSecret = async (namespace: string, secret: string) => {
      if (isAway) throw new OperatorError("away", { reason: "KubernetesUnreachable", retry: "backoff" });
      return namespace === NAMESPACE ? secrets[secret] : undefined;
    };

    /** Asks by these ways through a gateway with these rules; returns the gateway's answers. */
    async function through(
      rules: Omit<GatewayOptions, "target">,
      accessOf: (url: string) => PrometheusSource,
      check: (ask: () => Promise<RangeAnswer>, gateway: Gateway) => Promise<void>,
      allowedOf: (url: string) => readonly string[] = (url) => [url],
    ) {
      const gateway = await startGateway({ target: server.url, ...rules });
      const client = createPrometheusServers({
        own: { url: "http://operator:own-secret@127.0.0.1:1" },
        allowedUrls: allowedOf(gateway.url),
        readSecret,
        clock: createClock(),
        monotonicMs: () => ageMs,
      });
      const query = { query: server.query, startMs: server.atMs - 120_000, endMs: server.atMs, stepMs: 60_000 };
      const source = { namespace: NAMESPACE, access: accessOf(gateway.url) };
      try {
        await check(() => client.queryRange({ ...query, source }, new AbortController().signal), gateway);
        return gateway.answers;
      } finally {
        client.close();
        await gateway.close();
      }
    }
    const failure = async (asking: Promise<unknown>) => asking.then(() => undefined, (error: unknown) => error as OperatorError);
    const isAnswered = async (ask: () => Promise<RangeAnswer>) => expect([...(await ask()).samples.values]).toEqual([1, 1, 1]);
    const authorization = (value: string) => ({ isRight: (request: IncomingMessage) => request.headers.authorization === value });

    test("a bearer token from a Secret, without its trailing line end", async () => {
      secrets = { token: { value: "tok-123\n" } };
      const access = (url: string) => ({ url, auth: { bearer: { secretKeyRef: { name: "token", key: "value" } } } });
      expect(await through(authorization("Bearer tok-123"), access, isAnswered)).toEqual([200]);
    });

    test("basic authentication with the password from a Secret", async () => {
      secrets = { login: { password: "open sesame" } };
      const access = (url: string) => ({ url, auth: { basic: { username: "ali", passwordSecretKeyRef: { name: "login", key: "password" } } } });
      expect(await through(authorization(`Basic ${Buffer.from("ali:open sesame").toString("base64")}`), access, isAnswered)).toEqual([200]);
    });

    test("headers, one from a Secret, and parameters in the URL", async () => {
      secrets = { tenant: { id: "shop-7" } };
      const access = (url: string) => ({
        url,
        headers: [{ name: "X-Scope-OrgID", valueFrom: { secretKeyRef: { name: "tenant", key: "id" } } }, { name: "X-Team", value: "red" }],
        queryParameters: [{ name: "partial_response", value: "false" }, { name: "dedup", value: "a b&c" }],
      });
      const isRight = ({ headers }: IncomingMessage, { searchParams }: URL) =>
        headers["x-scope-orgid"] === "shop-7" && headers["x-team"] === "red" &&
        searchParams.get("partial_response") === "false" && searchParams.get("dedup") === "a b&c";
      expect(await through({ isRight }, access, isAnswered)).toEqual([200]);
    });

    test("an authority of one's own and the name in the certificate", async () => {
      secrets = { tls: { ca: CERTIFICATES.authority } };
      const tls = { caSecretKeyRef: { name: "tls", key: "ca" } };
      await through({ tls: "server" }, (url) => ({ url, tls: { ...tls, serverName: SERVER_NAME } }), isAnswered);
      await through({ tls: "server" }, (url) => ({ url, tls }), async (ask) => {
        expect((await failure(ask()))?.message).toContain("certificate");
      });
      await through({ tls: "server" }, (url) => ({ url }), async (ask) => {
        expect(await failure(ask())).toMatchObject({ reason: "PrometheusUnreachable", message: expect.stringContaining("not trusted") as string });
      });
      await through({ tls: "server" }, (url) => ({ url, tls: { insecureSkipVerify: true } }), isAnswered);
    });

    test("mutual TLS", async () => {
      secrets = { tls: { ca: CERTIFICATES.authority, crt: CERTIFICATES.client, key: CERTIFICATES.clientKey } };
      const [ca, crt, key] = ["ca", "crt", "key"].map((entry) => ({ name: "tls", key: entry }));
      const common = { caSecretKeyRef: ca, serverName: SERVER_NAME };
      await through({ tls: "mutual" }, (url) => ({ url, tls: { ...common, certSecretKeyRef: crt, keySecretKeyRef: key } }), isAnswered);
      await through({ tls: "mutual" }, (url) => ({ url, tls: common }), async (ask) => {
        expect((await failure(ask()))?.reason).toBe("PrometheusUnreachable");
      });
    });

    test("a signature of AWS that the other side can compute", async () => {
      process.env["AWS_ACCESS_KEY_ID"] = AWS.id;
      process.env["AWS_SECRET_ACCESS_KEY"] = AWS.secret;
      const access = (url: string) => ({ url, auth: { sigV4: { region: "eu-central-1", service: "aps" } }, queryParameters: [{ name: "b", value: "x y" }] });
      try {
        expect(await through({ isRight: isSigned }, access, isAnswered)).toEqual([200]);
      } finally {
        delete process.env["AWS_ACCESS_KEY_ID"];
        delete process.env["AWS_SECRET_ACCESS_KEY"];
      }
    });

    test("a rotated secret is taken up within a minute, and at once when the old one is refused", async () => {
      secrets = { token: { value: "old" } };
      let right = "Bearer old";
      const access = (url: string) => ({ url, auth: { bearer: { secretKeyRef: { name: "token", key: "value" } } } });
      const isRight = ({ headers }: IncomingMessage) => headers.authorization === right;
      await through({ isRight }, access, async (ask, { answers }) => {
        await isAnswered(ask);
        secrets = { token: { value: "new" } };
        await isAnswered(ask);
        ageMs += 61_000;
        right = "Bearer new";
        await isAnswered(ask);
        expect(answers).toEqual([200, 200, 200]);
        secrets = { token: { value: "newest" } };
        right = "Bearer newest";
        ageMs += 3_000;
        await isAnswered(ask);
        expect(answers.slice(3)).toEqual([401, 200]);
      });
    });

    test("while the API server is away, the secrets that are known go on being used", async () => {
      secrets = { token: { value: "tok" } };
      const access = (url: string) => ({ url, auth: { bearer: { secretKeyRef: { name: "token", key: "value" } } } });
      const answers = await through(authorization("Bearer tok"), access, async (ask) => {
        await isAnswered(ask);
        isAway = true;
        ageMs += 120_000;
        await isAnswered(ask).finally(() => (isAway = false));
      });
      expect(answers).toEqual([200, 200]);
    });

    test("a Secret or key that is not there is named, and no value is ever shown", async () => {
      secrets = { token: { other: "hush-hush" } };
      const access = (url: string) => ({ url, auth: { bearer: { secretKeyRef: { name: "token", key: "value" } } } });
      await through({}, access, async (ask) => {
        expect((await failure(ask()))?.sentence).toMatch(/The Secret "token" in namespace "shop" has no key "value" \(it has: other\)\./);
      });
      secrets = {};
      await through({}, access, async (ask) => expect((await failure(ask()))?.sentence).toContain('The Secret "token" in namespace "shop" is not there.'));
      secrets = { token: { value: "hush-hush" } };
      await through({ isRight: () => false }, access, async (ask) => {
        const error = await failure(ask());
        expect(error?.message).toContain("401");
        expect(JSON.stringify([error?.sentence, String(error?.cause), error?.stack])).not.toContain("hush-hush");
      });
    });

    test("what a server echoes of the credentials is not shown either", async () => {
      secrets = { login: { password: "open sesame" } };
      const encoded = Buffer.from("ali:open sesame").toString("base64");
      const access = (url: string) => ({ url, auth: { basic: { username: "ali", passwordSecretKeyRef: { name: "login", key: "password" } } } });
      let sentence = "";
      await through({ refusal: ({ headers }) => `not you: ${headers.authorization}` }, access, async (ask) => {
        sentence = (await failure(ask()))?.sentence ?? "";
      });
      expect(sentence).toContain("not you: Basic ***");
      expect(sentence).not.toContain(encoded);
    });

    test("a URL that the operator does not allow is not asked", async () => {
      const refused = async (ask: () => Promise<RangeAnswer>, { answers }: Gateway) => {
        expect(await failure(ask())).toMatchObject({ reason: "InvalidSpec", retry: "whenSpecChanges" });
        expect(answers).toEqual([]);
      };
      await through({}, (url) => ({ url }), refused, () => []);
      await through({}, (url) => ({ url }), refused, () => ["http://127.0.0.1:9"]);
      await through({}, (url) => ({ url: `${url}/prometheus` }), refused, (url) => [`${url}/prom`]);
    });

    test("a name under a wildcard must not lead to this machine", async () => {
      // localhost.localdomain and the like resolve to loopback wherever they resolve at all.
      const access = (url: string) => ({ url: url.replace("127.0.0.1", "a.localhost") });
      await through({}, access, async (ask, { answers }) => {
        expect((await failure(ask()))?.reason).toBe("PrometheusUnreachable");
        expect(answers).toEqual([]);
      }, (url) => [url.replace("127.0.0.1", "*.localhost")]);
    });
  });
}

/** Signature Version 4 computed from the AWS documentation, by hand. */
function isSigned({ headers, method }: IncomingMessage, url: URL, body: string): boolean {
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8}\/eu-central-1\/aps\/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "");
  const [, id, scope = "", names = "", signature] = found ?? [];
  if (id !== AWS.id || !names.split(";").includes("host")) return false;
  const sha = (text: string) => createHash("sha256").update(text).digest("hex");
  const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).sort().join("&");
  const canonical = names.split(";").map((name) => `${name}:${String(headers[name]).trim()}\n`).join("");
  const asked = [method, url.pathname, query, canonical, names, sha(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", String(headers["x-amz-date"]), scope, sha(asked)].join("\n");
  const key = scope.split("/").reduce<Buffer | string>((from, part) => createHmac("sha256", from).update(part).digest(), `AWS4${AWS.secret}`);
  return createHmac("sha256", key).update(toSign).digest("hex") === signature;
}
