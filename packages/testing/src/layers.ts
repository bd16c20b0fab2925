/** The layers of the workspace, lowest first: a package may import only what stands on a lower line. */
export const layers = [
  ["contracts"],
  ["runtime", "stack"],
  ["egress"],
  ["providers", "ledger", "queue", "outputs", "webhooks"],
  ["pipeline"],
  ["producer", "client", "twin", "api", "submitter", "poller", "finalizer", "dashboard", "cli"],
  ["testing", "scenarios", "bench"],
] as const;

/** Packages that may import even less: only these of ours. */
export const narrower: Record<string, readonly string[]> = {
  twin: ["runtime"],
  client: ["contracts"],
  stack: ["contracts"],
  cli: ["contracts", "runtime", "stack", "client"],
};

/** Imported by tests only, whatever the layer. */
export const testOnly = ["testing"];

/** Libraries that are hidden behind one package each. */
export const hidden: Record<string, readonly string[]> = {
  bullmq: ["queue", "dashboard"],
  "@bull-board": ["dashboard"],
  testcontainers: ["testing"],
};

/** Files may be this long; the packages that only serve tests and tools are held to the same. */
export const mostLines = { source: 250, test: 400, main: 30 };
