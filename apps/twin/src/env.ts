import { StartError } from "@reelqueue/runtime";
import { type TwinOptions, twinOptions } from "./options.ts";

const defaultPort = 3199;

/** The option that each variable sets, and how its text is read. */
const variables = {
  PORT: ["port", Number],
  HOST: ["host", String],
  TWIN_PUBLIC_URL: ["publicUrl", String],
  TWIN_CLOCK_FACTOR: ["clockFactor", Number],
  TWIN_SEED: ["seed", Number],
  TWIN_FAULTS: ["rates", JSON.parse],
  TWIN_LIMITS: ["limits", (text: string) => (text === "off" ? text : JSON.parse(text))],
  TWIN_FINISH_AFTER_POLLS: ["finishAfterPolls", Number],
  TWIN_GENERATION_MS: ["generationMs", JSON.parse],
  TWIN_OUTPUTS: ["outputs", String],
  TWIN_OUTPUT_BYTES: ["outputBytes", Number],
  TWIN_ACCEPT_LATE_MS: ["acceptLateMs", Number],
  TWIN_ASSET_REVIEW_MS: ["assetReviewMs", Number],
  TWIN_URL_LIFE_MS: ["urlLifeMs", Number],
  TWIN_READING: ["reading", String],
  TWIN_CALLBACK_SECRET: ["callbackSecret", String],
  TWIN_PREVIOUS_CALLBACK_SECRET: ["previousCallbackSecret", String],
  TWIN_WEBHOOK_URL: ["webhookUrl", String],
  TWIN_ALLOW_HTTP_CALLBACKS: ["allowHttpCallbacks", (text: string) => text === "true" || text === "1"],
  TWIN_CALLBACK_HOSTS: ["callbackHosts", (text: string) => text.split(",").map((host) => host.trim())],
} as const satisfies Record<string, readonly [keyof TwinOptions, (text: string) => unknown]>;

/** Reads the environment; throws one StartError that names every variable that is wrong. */
export function readEnv(env: NodeJS.ProcessEnv = process.env): TwinOptions {
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
  const parsed = twinOptions.safeParse(options);
  for (const { path, message } of parsed.error?.issues ?? []) problems.push(`${nameOf(path)}: ${message}`);
  if (!parsed.success || problems.length > 0) throw new StartError(problems.join("\n"));
  return parsed.data;
}

function nameOf([option, ...inside]: readonly PropertyKey[]): string {
  const name = Object.entries(variables).find(([, [set]]) => set === option)?.[0];
  return [name ?? String(option), ...inside.map(String)].join(".");
}
