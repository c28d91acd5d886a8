// AWS Signature Version 4 for Amazon Managed Service for Prometheus, with credentials from where AWS's own tools find them
// (environment, IRSA, EKS Pod Identity, instance role). Loaded only when a scaler asks for it.
import { createHash, createHmac } from "node:crypto";
import type { Hash, Hmac } from "node:crypto";
import type { Manners, Signable } from "./request.ts";

type Source = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 as the signing library takes it. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: Source) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes(secret));
  }
  update(data: Source): void {
    this.#hash.update(bytes(data));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }
  reset(): void {
    throw new Error("a hash is used once");
  }
}

function bytes(data: Source): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/** Signs requests for `service` (`aps`) in `region`. Credentials are looked up at the first request and renewed by the library. */
export async function createSigner({ region, service }: { readonly region: string; readonly service: string }): Promise<NonNullable<Manners["sign"]>> {
  const [{ SignatureV4 }, { defaultProvider }] = await Promise.all([import("@smithy/signature-v4"), import("@aws-sdk/credential-provider-node")]);
  const signer = new SignatureV4({ credentials: defaultProvider(), region, service, sha256: Sha256 });
  return async ({ url, headers, body }: Signable) => {
    const query: Record<string, string[]> = {};
    for (const [name, value] of url.searchParams) (query[name] ??= []).push(value);
    const port = url.port === "" ? {} : { port: Number(url.port) };
    const place = { protocol: url.protocol, hostname: url.hostname, path: url.pathname, query, ...port };
    const signed = await signer.sign({ method: "POST", ...place, headers: { ...headers, host: url.host }, body });
    return signed.headers;
  };
}
