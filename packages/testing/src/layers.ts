/** The layers of the workspace, lowest first: a package may import only what stands on a lower line. */
export const layers = [
  ["contracts"],
  ["runtime", "system"],
  ["egress"],
  ["providers", "ledger", "queue"],
  ["media"],
  ["pipeline"],
  ["producer", "client", "simulator", "api", "submitter", "poller", "finalizer", "dashboard", "cli"],
  ["testing", "scenarios", "chaos", "bench"],
] as const;

/** Packages that nothing outside them needs in order to run: they may read the environment, and tests may import them. */
export const onlyForDevelopment = ["testing", "scenarios", "chaos", "bench"];

/** Packages that may import even less: only these of ours. */
export const narrower: Record<string, readonly string[]> = {
  simulator: ["runtime"],
  client: ["contracts"],
  system: ["contracts"],
  cli: ["contracts", "runtime", "system", "client"],
};

/** Packages that only these of ours may import. */
export const usedOnlyBy: Record<string, readonly string[]> = {
  system: ["cli", "testing", "scenarios", "chaos", "bench"],
};

/** Libraries that are hidden behind one package each. */
export const hidden: Record<string, readonly string[]> = {
  bullmq: ["queue", "dashboard", "bench"],
  "@bull-board": ["dashboard"],
  testcontainers: ["testing"],
};

/** How many lines a file may have. */
export const mostLines = { source: 250, test: 400, main: 30 };
