// The pinned Go modules of the real servers: which binaries come out of which module, and how they are built.
// The flags are part of what a cached binary is: after a change of them, change a go.mod comment too, so that the key changes.

export interface GoModule {
  /** Folder beside this file that holds go.mod and go.sum. */
  readonly name: string;
  /** Binary -> package that it is built from. */
  readonly binaries: Readonly<Record<string, string>>;
  /** Names that older caches gave to a binary. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly tags?: string;
  readonly ldflags: string;
  /** Files of a module's sources that are kept beside its binaries: name -> path in the module. */
  readonly files?: { readonly module: string; readonly paths: Readonly<Record<string, string>> };
  /** Free disk that a cold build needs: sources, build cache and results, bytes. */
  readonly needsBytes: number;
}

const GIB = 2 ** 30;
const KUBERNETES = "1.37.1";

/** Without these the API server calls itself v0.0.0, and kubectl complains of version skew. */
function kubernetesVersion(): string {
  const [major, minor] = KUBERNETES.split(".");
  const values = {
    gitVersion: `v${KUBERNETES}`,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: "unknown",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
  };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  return packages.flatMap((path) => Object.entries(values).map(([key, value]) => `-X ${path}.${key}=${value}`)).join(" ");
}

const kube = (binary: string) => `k8s.io/kubernetes/cmd/${binary}`;
const prometheus = (binary: string) => `github.com/prometheus/prometheus/cmd/${binary}`;

/** In the order of building: the quick ones first. */
export const GO_MODULES = [
  {
    name: "etcd",
    binaries: { etcd: "go.etcd.io/etcd/server/v3" },
    aliases: { etcd: ["server", "v3"] },
    ldflags: "-s -w",
    needsBytes: 2 * GIB,
  },
  { name: "kwok", binaries: { kwok: "sigs.k8s.io/kwok/cmd/kwok" }, ldflags: "-s -w", needsBytes: 2 * GIB },
  {
    name: "kube",
    binaries: Object.fromEntries(["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"].map((binary) => [binary, kube(binary)])),
    ldflags: `-s -w ${kubernetesVersion()}`,
    needsBytes: 4 * GIB,
  },
  {
    name: "prometheus",
    binaries: { prometheus: prometheus("prometheus"), promtool: prometheus("promtool") },
    tags: "remove_all_sd",
    ldflags: "-s -w",
    needsBytes: 4 * GIB,
  },
  { name: "helm", binaries: { helm: "helm.sh/helm/v4/cmd/helm" }, ldflags: "-s -w", needsBytes: 3 * GIB },
] as const satisfies readonly GoModule[];

const KEDA_CRDS = [
  "eventing.keda.sh_cloudeventsources",
  "eventing.keda.sh_clustercloudeventsources",
  "keda.sh_clustertriggerauthentications",
  "keda.sh_scaledjobs",
  "keda.sh_scaledobjects",
  "keda.sh_triggerauthentications",
];

/** Another autoscaler, for the tests that work beside it. */
export const KEDA = {
  name: "keda",
  binaries: { "keda-operator": "github.com/kedacore/keda/v2/cmd/operator", "keda-adapter": "github.com/kedacore/keda/v2/cmd/adapter" },
  files: {
    module: "github.com/kedacore/keda/v2",
    // Its operator watches all of its kinds, so all of them must be there.
    paths: Object.fromEntries(KEDA_CRDS.map((name) => [`${name}.yaml`, `config/crd/bases/${name}.yaml`])),
  },
  ldflags: "-s -w",
  needsBytes: 5 * GIB,
} as const satisfies GoModule;

/** Checks workflows; no part of the cluster. */
export const ACTIONLINT: GoModule = {
  name: "actionlint",
  binaries: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
  ldflags: "-s -w",
  needsBytes: GIB,
};

export type Binary =
  | "etcd"
  | "kube-apiserver"
  | "kube-controller-manager"
  | "kube-scheduler"
  | "kubectl"
  | "kwok"
  | "prometheus"
  | "promtool"
  | "helm";
