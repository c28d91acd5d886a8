// spec.metric.prometheus: another server than the operator's own, or another way to ask it. Secrets are named here and never held.
import { z } from "zod";
import { duration, type FieldMeta, NAME_LENGTH, objectName, patterned, text } from "./fields.ts";

const MAX_VALUE_LENGTH = 1024;
const MAX_URL_LENGTH = 512;
const MAX_ENTRIES = 16;
/** A request may take from this to this. */
const TIMEOUT_MS = [1_000, 120_000] as const;

const secretKey = (description: string) =>
  z
    .strictObject({
      name: objectName("name", "Name of a Secret in the scaler's namespace.", "the name of a Secret"),
      key: patterned("key", "^[-._a-zA-Z0-9]+$", NAME_LENGTH, "a key of letters, digits, -, _ and .", "Key in the Secret."),
    })
    .meta({ description, form: "object" } satisfies FieldMeta);

const value = (name: string, description: string) =>
  patterned(name, "^[ -~]+$", MAX_VALUE_LENGTH, `printable ASCII of 1 to ${MAX_VALUE_LENGTH} characters`, description);

/** Rules over optional members of one object: in CEL for the API server, as a test for the parse. */
function ruled<T extends z.ZodType>(schema: T, meta: FieldMeta, cel: string, holds: (value: z.output<T>) => boolean) {
  const range = meta.range ?? "";
  return schema
    .refine((given) => holds(given), { error: range })
    .meta({ ...meta, rules: [{ rule: cel, message: `must be ${range}` }] });
}

const auth = ruled(
  z.strictObject({
    bearer: z
      .strictObject({ secretKeyRef: secretKey("Where the token is.") })
      .meta({ description: "A bearer token.", form: "object" } satisfies FieldMeta)
      .optional(),
    basic: z
      .strictObject({
        username: patterned("username", "^[^:\\s]+$", NAME_LENGTH, "a user name without blanks and colons", "User name."),
        passwordSecretKeyRef: secretKey("Where the password is."),
      })
      .meta({ description: "HTTP basic authentication.", form: "object" } satisfies FieldMeta)
      .optional(),
    sigV4: z
      .strictObject({
        region: patterned("region", "^[a-z0-9-]+$", 63, "an AWS region such as eu-central-1", "AWS region."),
        service: patterned("service", "^[a-z0-9-]+$", 63, "a name of an AWS service such as aps", "AWS service that the signature is for.").prefault("aps"),
      })
      .meta({
        description: "AWS Signature Version 4, with the credentials of the operator's pod (environment, IRSA, Pod Identity or instance role).",
        form: "object",
      } satisfies FieldMeta)
      .optional(),
  }),
  { description: "How to authenticate: one of bearer, basic and sigV4.", range: "an object with exactly one of bearer, basic and sigV4", form: "object" },
  "(has(self.bearer) ? 1 : 0) + (has(self.basic) ? 1 : 0) + (has(self.sigV4) ? 1 : 0) == 1",
  (given) => [given.bearer, given.basic, given.sigV4].filter((one) => one !== undefined).length === 1,
);

const tls = ruled(
  z.strictObject({
    caSecretKeyRef: secretKey("PEM certificates that the server's certificate must lead to.").optional(),
    certSecretKeyRef: secretKey("PEM certificate of the client, for mutual TLS.").optional(),
    keySecretKeyRef: secretKey("PEM key of the client's certificate.").optional(),
    serverName: patterned(
      "serverName",
      "^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$",
      NAME_LENGTH,
      "a host name",
      "Name that the server's certificate must be for, where it is not that of the URL.",
    ).optional(),
    insecureSkipVerify: z
      .boolean()
      .meta({ description: "Take any certificate of the server. Only for tests.", range: "true or false", form: "boolean" } satisfies FieldMeta)
      .optional(),
  }),
  { description: "Certificates.", range: "an object whose certSecretKeyRef and keySecretKeyRef are both there or both absent", form: "object" },
  "has(self.certSecretKeyRef) == has(self.keySecretKeyRef)",
  (given) => (given.certSecretKeyRef === undefined) === (given.keySecretKeyRef === undefined),
);

const HEADER_NAME = "^[A-Za-z0-9-]+$";
/** What the client itself sets, or what would change where the request goes. */
const RESERVED_HEADERS = ["authorization", "host", "content-type", "content-length", "connection", "transfer-encoding"];

const header = ruled(
  z.strictObject({
    name: text({
      name: "name",
      description: "Name of the header.",
      range: `a header name of letters, digits and -, and none of ${RESERVED_HEADERS.join(", ")}`,
      maxLength: 128,
      cel: `self.matches('${HEADER_NAME}') && !(self.lowerAscii() in [${RESERVED_HEADERS.map((name) => `'${name}'`).join(", ")}])`,
      accepts: (name) => new RegExp(HEADER_NAME).test(name) && !RESERVED_HEADERS.includes(name.toLowerCase()),
    }),
    value: value("value", "Its value.").optional(),
    valueFrom: z
      .strictObject({ secretKeyRef: secretKey("Where the value is.") })
      .meta({ description: "Its value, from a Secret.", form: "object" } satisfies FieldMeta)
      .optional(),
  }),
  { description: "A header of every request.", range: "an object with a name and either value or valueFrom", form: "object" },
  "has(self.value) != has(self.valueFrom)",
  (given) => (given.value === undefined) !== (given.valueFrom === undefined),
);

const queryParameter = z
  .strictObject({
    name: patterned("name", "^[A-Za-z0-9_.-]+$", 128, "a name of letters, digits, _, . and -", "Name of the parameter."),
    value: value("value", "Its value."),
  })
  .meta({ description: "A parameter in the URL of every request.", form: "object" } satisfies FieldMeta);

function list<T extends z.ZodType>(item: T, description: string, what: string) {
  const kubernetes = { "x-kubernetes-list-type": "atomic" };
  return z
    .array(item)
    .max(MAX_ENTRIES)
    .meta({ description, range: `a list of at most ${MAX_ENTRIES} ${what}`, form: "list", kubernetes } satisfies FieldMeta)
    .prefault([]);
}

/** spec.metric.prometheus. */
export const accessSchema = z
  .strictObject({
    url: patterned(
      "url",
      "^https?://[^/?#@\\s]+(/[^?#\\s]*)?$",
      MAX_URL_LENGTH,
      "an http or https URL without user, query and fragment, such as https://prometheus.example:9090",
      "Another server than the operator's own. The operator must allow it (--prometheus-allowed-urls).",
    ).optional(),
    auth: auth.optional(),
    tls: tls.optional(),
    headers: list(header, "Headers of every request, for example the tenant of Mimir.", "headers"),
    queryParameters: list(queryParameter, "Parameters in the URL of every request.", "parameters"),
    timeout: duration("timeout", ...TIMEOUT_MS, "How long one request may take.").prefault("30s"),
  })
  .meta({ description: "Which Prometheus to ask, and how. Without it, the operator's own is asked.", form: "object" } satisfies FieldMeta)
  .optional();
