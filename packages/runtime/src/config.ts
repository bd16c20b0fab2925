import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type AccountConfig, accountConfig, type Config, config as configSchema } from "@reelqueue/contracts";
import { problemsOf } from "./config-problems.ts";
import { Secret } from "./secret.ts";
import { StartError } from "./start-error.ts";

export interface LoadConfigOptions {
  /** The file; one that is not there means that every default holds. */
  path: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Relative folders of the configuration lie in here. */
  home: string;
  /** Variable that alone makes an account, by provider: `{ hiapi: "HIAPI_API_KEY" }` makes `hiapi`. */
  keyVariables: Readonly<Record<string, string>>;
  /** Secrets that are named but not set are read as empty: for a process that sends nothing to providers. */
  withoutSecrets?: boolean;
}

/** An account with its secrets read. */
export interface ResolvedAccount extends AccountConfig {
  name: string;
  key: Secret;
  /** What the provider signs its callbacks with. */
  callbackSecret?: Secret;
}

export interface LoadedConfig {
  /** Folders are absolute, and accounts made by the environment alone stand among the others. */
  config: Config;
  accounts: Map<string, ResolvedAccount>;
  /** Webhook secrets that tenants brought themselves; the others' are derived from the installation secret. */
  webhookSecrets: Map<string, Secret>;
}

/** Reads the configuration and the secrets it names. Throws one StartError with every problem in it. */
export async function loadConfig({
  path,
  env,
  home,
  keyVariables,
  ...options
}: LoadConfigOptions): Promise<LoadedConfig> {
  const config = parse(await readText(path), path);
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

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return refuseList(path);
    throw new StartError(`${path} cannot be read: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** A list of files must not pass for one file that is missing: every default would hold, of the cell and the limits too. */
function refuseList(path: string): undefined {
  if (!/\.json\s*,/.test(path)) return undefined;
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

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // the parser's message quotes the text, in which a key may have been pasted: only the place is told
    const place = error instanceof Error ? error.message.match(/line \d+ column \d+/)?.[0] : undefined;
    throw new StartError(`${path} is not valid JSON${place ? ` (${place})` : ""}: correct it`);
  }
}

/** A key that a configured account already uses makes no second account: two accounts would each spend its whole limits. */
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
