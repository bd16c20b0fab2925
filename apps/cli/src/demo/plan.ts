import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, config } from "@reelqueue/contracts";
import { type AppsOptions, demoConfig, type SimulatorProvider, secretIn } from "@reelqueue/system";

export interface PlanOptions {
  /** Folder of the workspace. */
  root: string;
  /** Empty home folder of the run. */
  home: string;
  /** Seven free ports. */
  ports: readonly number[];
  /** Environment of the caller. */
  env: NodeJS.ProcessEnv;
  seed: number;
  providers?: readonly SimulatorProvider[] | undefined;
}

export interface DemoPlan {
  systemOptions: Omit<AppsOptions, "log" | "signal">;
  apiUrl: string;
  apiKey: string;
  simulatorUrl: string;
  webhookSecret: string;
  outputsDirectory: string;
}

/** One minute of the simulator takes 0.6 s. */
export const clockFactor = 100;

/** Probabilities of faults that cost nothing. */
const faults = {
  "submit-429": 0.02,
  "submit-503": 0.02,
  "poll-429": 0.02,
  "poll-500": 0.03,
  "poll-reset": 0.02,
  "unknown-status": 0.02,
  slow: 0.03,
  "task-fails": 0.04,
  "task-fails-silent": 0.005,
  "url-expired": 0.02,
  "file-truncated": 0.02,
  "success-no-url": 0.02,
  "callback-none": 0.03,
  "callback-twice": 0.03,
};

/** Plans a separate system with all accounts at the simulator, and writes its configuration. */
export function planDemo({ root, home, ports, env, seed, providers }: PlanOptions): DemoPlan {
  const [api = 0, submitter = 0, poller = 0, finalizer = 0, simulator = 0, dashboard = 0, redisPort = 0] = ports;
  const [apiUrl, simulatorUrl] = [`http://127.0.0.1:${api}`, `http://127.0.0.1:${simulator}`];
  const apiKey = secretIn(home, "api-key");
  const callbackSecret = secretIn(home, "simulator-callback-secret");
  const webhookSecret = `whsec_${randomBytes(32).toString("base64")}`;
  const configFile = join(home, "demo.config.json");
  const settings = settingsFor(simulatorUrl, apiKey);
  writeFileSync(configFile, JSON.stringify(settings, null, 2));
  return {
    systemOptions: {
      root,
      home,
      env: machineEnv(env),
      redisUrl: undefined,
      redisPort,
      ports: { api, submitter, poller, finalizer, simulator, dashboard },
      apps: ["simulator", "api", "submitter", "poller", "finalizer"],
      configFile,
      appEnv: {
        all: {
          PUBLIC_URL: apiUrl,
          REELQUEUE_SIMULATOR_KEY: "demo",
          REELQUEUE_SIMULATOR_CALLBACK_SECRET: callbackSecret,
          REELQUEUE_WEBHOOK_SECRET: webhookSecret,
        },
        simulator: simulatorEnv(seed, callbackSecret, providers),
      },
    },
    apiUrl,
    apiKey,
    simulatorUrl,
    webhookSecret,
    outputsDirectory: join(home, settings.outputs.directory),
  };
}

function simulatorEnv(seed: number, callbackSecret: string, providers: readonly SimulatorProvider[] = []) {
  return {
    SIMULATOR_SEED: `${seed}`,
    SIMULATOR_CLOCK_FACTOR: `${clockFactor}`,
    SIMULATOR_FAULTS: JSON.stringify(faultsFor(providers)),
    SIMULATOR_CALLBACK_SECRET: callbackSecret,
    SIMULATOR_ALLOW_HTTP_CALLBACKS: "true",
  };
}

/** Providers without a documented 503. It makes a POST unknown: reconciliation takes minutes or ends in a review. */
const ambiguous503: readonly SimulatorProvider[] = ["xingchao", "ark"];

function faultsFor(providers: readonly SimulatorProvider[]): Partial<typeof faults> {
  const { "submit-503": _, ...others } = faults;
  return providers.some((name) => ambiguous503.includes(name)) ? others : faults;
}

/** The cell is new too, so that runs do not meet in a shared Redis, as with Docker. */
function settingsFor(simulatorUrl: string, apiKey: string): Config {
  const apiKeySha256 = createHash("sha256").update(apiKey).digest("hex");
  const base = demoConfig({ simulatorUrl, clockFactor, apiKeySha256 });
  return config.parse({
    ...base,
    cell: `d${randomBytes(4).toString("hex")}`,
    tenants: { default: { apiKeySha256: [apiKeySha256], webhookSecretEnv: "REELQUEUE_WEBHOOK_SECRET" } },
    outputs: { minFreeBytes: 64 * 1_048_576 },
  });
}

const machineVariables = /^(PATH|HOME|USER|SHELL|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SystemRoot|DOCKER_.*|XDG_.*)$/;

/** Only variables of the machine: no setting of reelqueue and no provider key reaches the demo. */
function machineEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => machineVariables.test(name)));
}
