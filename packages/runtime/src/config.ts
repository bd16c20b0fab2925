import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type AccountConfig, accountConfig, type Config, config as configSchema } from "@reelqueue/contracts";
import type { z } from "zod";
import { scrub } from "./redact.ts";
import { Secret } from "./secret.ts";
import { StartError } from "./start-error.ts";
export interface LoadConfigOptions {
  /** The configuration file; if it is missing, every default applies, unless it is required. */
  path: string;
  /** The user has named the file. */
  required?: boolean;
  env: Readonly<Record<string, string | undefined>>;
  /** Relative folders of the configuration are resolved against this folder. */
  home: string;
  /** By provider, the variable that creates an account without a file: `{ hiapi: "HIAPI_API_KEY" }` creates `hiapi`. */
  keyVariables: Readonly<Record<string, string>>;
  /** Missing secrets are read as empty, for a process that sends nothing to providers. */
  withoutSecrets?: boolean;
}

/** An account of the configuration, with its secrets. */
export interface ResolvedAccount extends AccountConfig {
  name: string;
  key: Secret;
  /** The secret with which the provider signs its callbacks. */
  callbackSecret?: Secret;
}

export interface LoadedConfig {
  /** With absolute folders, and with the accounts that the environment creates. */
  config: Config;
  accounts: Map<string, ResolvedAccount>;
  /** The webhook secrets that tenants configured; all others are derived from the installation secret. */
  webhookSecrets: Map<string, Secret>;
}

/** Reads the configuration file and the secrets that it names. Throws one StartError that lists every problem. */
export async function loadConfig({
  path,
  env,
  home,
  keyVariables,
  ...options
}: LoadConfigOptions): Promise<LoadedConfig> {
  const config = parse(await readText(path, options.required ?? false), path);
  Object.assign(config.accounts, accountsOfEnvironment(config, env, keyVariables));
  config.outputs.directory = resolve(home, config.outputs.directory);
  config.outputs.mediaDirectory = resolve(home, config.outputs.mediaDirectory);

  const missing: string[] = [];
  const secret = (variable: string, use: string): Secret => {
    const value = env[variable]?.trim();
    if (!value && !options.withoutSecrets) missing.push(`${use} is read from ${variable}, which is not set: set it`);
    return new Secret(value ?? "");
  };
  const accounts = new Map(
    Object.entries(config.accounts).map(([name, account]) => [name, withSecrets(name, account, secret)]),
  );
  const webhookSecrets = new Map(
    Object.entries(config.tenants).flatMap(([name, { webhookSecretEnv }]) =>
      webhookSecretEnv ? [[name, secret(webhookSecretEnv, `the webhook secret of tenant "${name}"`)]] : [],
    ),
  );
  if (missing.length > 0) throw new StartError(missing.join("\n"));
  return { config, accounts, webhookSecrets };
}

async function readText(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      refuseList(path);
      if (!required) return undefined;
      throw new StartError(`the configuration ${path} is missing: write it, or correct its path (REELQUEUE_CONFIG)`);
    }
    throw new StartError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Refuses a list of files: as one missing file it would mean every default, for the cell and the limits too. */
function refuseList(path: string): void {
  if (!/\.json\s*,/.test(path)) return;
  throw new StartError(
    `${path} is not there: REELQUEUE_CONFIG names one file, because one process serves one cell; start a process for each file`,
  );
}

function parse(text: string | undefined, path: string): Config {
  const result = configSchema.safeParse(text === undefined ? {} : parseJson(text, path), { reportInput: true });
  if (result.success) return result.data;
  const problems = problemsOf(result.error);
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  throw new StartError([`${path} has ${count}:`, ...problems.map((problem) => `  ${problem}`)].join("\n"));
}

/** Without the byte order mark that some editors write. */
function withoutMark(text: string): string {
  return text.startsWith("\u{feff}") ? text.slice(1) : text;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(withoutMark(text));
  } catch (error) {
    // the message of the parser quotes the text, which may contain a key: only the position is shown
    const place = error instanceof Error ? error.message.match(/line \d+ column \d+/)?.[0] : undefined;
    throw new StartError(`${path} is not valid JSON${place ? ` (${place})` : ""}: correct it`);
  }
}

/** A key of a configured account creates no second account: each would use the whole limits of the key. */
function accountsOfEnvironment(
  config: Config,
  env: LoadConfigOptions["env"],
  keyVariables: LoadConfigOptions["keyVariables"],
): Record<string, AccountConfig> {
  const used = new Set(Object.values(config.accounts).map((account) => account.keyEnv));
  const free = ([provider, keyEnv]: [string, string]) =>
    env[keyEnv]?.trim() && !used.has(keyEnv) && !(provider in config.accounts);
  return Object.fromEntries(
    Object.entries(keyVariables)
      .filter(free)
      .map(([provider, keyEnv]) => [provider, accountConfig.parse({ provider, keyEnv })]),
  );
}

function withSecrets(
  name: string,
  account: AccountConfig,
  secret: (variable: string, use: string) => Secret,
): ResolvedAccount {
  const key = secret(account.keyEnv, `the key of account "${name}"`);
  if (!account.callbackSecretEnv) return { ...account, name, key };
  const callbackSecret = secret(account.callbackSecretEnv, `the callback secret of account "${name}"`);
  return { ...account, name, key, callbackSecret };
}

/** Each problem of a configuration as one sentence: the path, what was given, what to do. */
function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${pathOf(issue.path)}: ${sentence(issue)}`);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".") || "(the whole file)";
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return `does not know ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}; remove it or correct its spelling`;
  }
  if (issue.code === "invalid_key") {
    const allowed = issue.issues.map((each) => lower(each.message)).join("; ");
    return `is not a name that can be used here (${allowed}); rename it`;
  }
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return missing ? `is missing; add it (${lower(issue.message)})` : `given ${given(issue)}; ${lower(issue.message)}`;
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** Fields in which users paste a secret instead of the name of its variable. */
const mayHoldSecret = /(?:Env|apiKeySha256)$/;

function given({ path, input }: z.core.$ZodIssue): string {
  if (path.some((step) => mayHoldSecret.test(String(step)))) return "something else (not shown: it may be a secret)";
  const text = scrub(JSON.stringify(input) ?? String(input));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
