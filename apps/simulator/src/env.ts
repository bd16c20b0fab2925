import { StartError } from "@reelqueue/runtime";
import { type SimulatorOptions, simulatorOptions } from "./options.ts";

const defaultPort = 3199;

/** The option that each variable sets, and how its text is parsed. */
const variables = {
  PORT: ["port", Number],
  HOST: ["host", String],
  SIMULATOR_PUBLIC_URL: ["publicUrl", String],
  SIMULATOR_CLOCK_FACTOR: ["clockFactor", Number],
  SIMULATOR_SEED: ["seed", Number],
  SIMULATOR_FAULTS: ["rates", JSON.parse],
  SIMULATOR_LIMITS: ["limits", (text: string) => (text === "off" ? text : JSON.parse(text))],
  SIMULATOR_FINISH_AFTER_POLLS: ["finishAfterPolls", Number],
  SIMULATOR_GENERATION_MS: ["generationMs", JSON.parse],
  SIMULATOR_OUTPUTS: ["outputs", String],
  SIMULATOR_OUTPUT_BYTES: ["outputBytes", Number],
  SIMULATOR_ACCEPT_LATE_MS: ["acceptLateMs", Number],
  SIMULATOR_ASSET_REVIEW_MS: ["assetReviewMs", Number],
  SIMULATOR_URL_LIFE_MS: ["urlLifeMs", Number],
  SIMULATOR_FILE_OUTAGE_MS: ["fileOutageMs", Number],
  SIMULATOR_READING: ["reading", String],
  SIMULATOR_CALLBACK_SECRET: ["callbackSecret", String],
  SIMULATOR_PREVIOUS_CALLBACK_SECRET: ["previousCallbackSecret", String],
  SIMULATOR_WEBHOOK_URL: ["webhookUrl", String],
  SIMULATOR_ALLOW_HTTP_CALLBACKS: ["allowHttpCallbacks", (text: string) => text === "true" || text === "1"],
  SIMULATOR_CALLBACK_HOSTS: ["callbackHosts", (text: string) => text.split(",").map((host) => host.trim())],
} as const satisfies Record<string, readonly [keyof SimulatorOptions, (text: string) => unknown]>;

/** Reads the environment; throws one StartError that names every invalid variable. */
export function readEnv(env: NodeJS.ProcessEnv = process.env): SimulatorOptions {
  const options: Record<string, unknown> = { port: defaultPort };
  const problems: string[] = [];
  for (const [name, [option, read]] of Object.entries(variables)) {
    const text = env[name];
    if (text === undefined || text === "") continue;
    try {
      options[option] = read(text);
    } catch {
      problems.push(`${name}: must be JSON`);
    }
  }
  const parsed = simulatorOptions.safeParse(options);
  for (const { path, message } of parsed.error?.issues ?? []) problems.push(`${nameOf(path)}: ${message}`);
  if (!parsed.success || problems.length > 0) throw new StartError(problems.join("\n"));
  return parsed.data;
}

function nameOf([option, ...inside]: readonly PropertyKey[]): string {
  const name = Object.entries(variables).find(([, [set]]) => set === option)?.[0];
  return [name ?? String(option), ...inside.map(String)].join(".");
}
