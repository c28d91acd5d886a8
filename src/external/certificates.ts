// The files of the server's TLS, read again when they change. What cannot be used is refused at the start and left aside later:
// Invariant: the server goes on with the last certificate and key that belong together, so a rotation under way breaks nothing.
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { experimental, ServerCredentials } from "@grpc/grpc-js";
import type { Clock, Timer } from "../clock.ts";
import { OperatorError } from "../errors.ts";

/** PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** If given, only clients with a certificate that leads to it are answered. */
  readonly clientCa?: string | undefined;
}

interface Material {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | undefined;
}

/** Secrets that are mounted change within a minute or two; so soon after that they are taken up, ms. */
const READ_EVERY_MS = 10_000;

export interface ServedCertificates {
  readonly credentials: ServerCredentials;
  stop(): void;
}

/** Without `files` there is no TLS. Throws OperatorError that names the file. `onProblem` is told of later ones, once each. */
export async function serveCertificates(files: TlsFiles | undefined, clock: Clock, onProblem: (sentence: string) => void): Promise<ServedCertificates> {
  if (files === undefined) return { credentials: ServerCredentials.createInsecure(), stop: () => undefined };
  const provider = new Provider(await read(files));
  // First who has the certificate, then who has the authority of the clients'.
  const isMutual = files.clientCa !== undefined;
  const credentials = experimental.createCertificateProviderServerCredentials(provider, isMutual ? provider : null, isMutual);
  let timer: Timer | undefined;
  let said = "";
  const readAgain = async () => {
    try {
      provider.take(await read(files));
      said = "";
    } catch (error) {
      const sentence = error instanceof OperatorError ? error.sentence : String(error);
      if (sentence !== said) onProblem(`${sentence} The certificate that was read before goes on serving.`);
      said = sentence;
    }
    if (timer !== undefined) timer = clock.after(READ_EVERY_MS, () => void readAgain());
  };
  timer = clock.after(READ_EVERY_MS, () => void readAgain());
  return {
    credentials,
    stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
}

type IdentityListener = experimental.IdentityCertificateUpdateListener;
type CaListener = experimental.CaCertificateUpdateListener;

/** Hands material to gRPC, and again when it is other material. */
class Provider implements experimental.CertificateProvider {
  #material: Material;
  readonly #identityListeners = new Set<IdentityListener>();
  readonly #caListeners = new Set<CaListener>();

  constructor(material: Material) {
    this.#material = material;
  }

  take(material: Material): void {
    if (isSame(material, this.#material)) return;
    this.#material = material;
    for (const listener of this.#caListeners) this.#tellCa(listener);
    for (const listener of this.#identityListeners) this.#tellIdentity(listener);
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    this.#tellIdentity(listener);
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  addCaCertificateListener(listener: CaListener): void {
    this.#caListeners.add(listener);
    this.#tellCa(listener);
  }

  removeCaCertificateListener(listener: CaListener): void {
    this.#caListeners.delete(listener);
  }

  #tellIdentity(listener: IdentityListener): void {
    const { cert, key } = this.#material;
    // Whoever begins to listen is not ready to hear before its call has returned.
    queueMicrotask(() => listener({ certificate: cert, privateKey: key }));
  }

  #tellCa(listener: CaListener): void {
    const { clientCa } = this.#material;
    queueMicrotask(() => listener(clientCa === undefined ? null : { caCertificate: clientCa }));
  }
}

async function read({ cert, key, clientCa }: TlsFiles): Promise<Material> {
  const material = {
    cert: await textOf(cert, "--external-scaler-cert-file"),
    key: await textOf(key, "--external-scaler-key-file"),
    clientCa: clientCa === undefined ? undefined : await textOf(clientCa, "--external-scaler-client-ca-file"),
  };
  try {
    createSecureContext({ cert: material.cert, key: material.key, ...(material.clientCa === undefined ? {} : { ca: material.clientCa }) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OperatorError(`The certificate ${cert} and the key ${key} cannot be used together: ${why}.`, {
      reason: "InternalError",
      retry: "backoff",
      hint: "Expected PEM files, a certificate and its own key.",
      cause,
    });
  }
  return material;
}

async function textOf(file: string, flag: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const hint = `Check ${flag}, and the volume it lies on.`;
    throw new OperatorError(`The file ${file} for the external scaler cannot be read.`, { reason: "InternalError", retry: "backoff", hint, cause });
  }
}

function isSame(one: Material, other: Material): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key) && (one.clientCa ?? Buffer.alloc(0)).equals(other.clientCa ?? Buffer.alloc(0));
}
