import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./config.ts";
import { StartError } from "./start-error.ts";

const keyVariables = { hiapi: "HIAPI_API_KEY", jiekou: "JIEKOU_API_KEY" };
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "reelqueue-config-"));
});
afterEach(() => rm(home, { recursive: true }));

async function load(content: unknown, env: Record<string, string> = {}) {
  const path = join(home, "reelqueue.config.json");
  if (content !== undefined) await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return loadConfig({ path, env, home, keyVariables });
}

async function refusal(content: unknown, env?: Record<string, string>): Promise<string> {
  const error: unknown = await load(content, env).then(
    () => "loaded",
    (reason: unknown) => reason,
  );
  if (!(error instanceof StartError)) throw new Error(`no StartError but ${inspect(error)}`);
  return error.message;
}

test("HIAPI_API_KEY without a file creates the account hiapi", async () => {
  const { accounts, config } = await load(undefined, { HIAPI_API_KEY: "k-123456789" });
  expect([...accounts.keys()]).toEqual(["hiapi"]);
  expect(accounts.get("hiapi")).toMatchObject({ name: "hiapi", provider: "hiapi", timeScale: 1, strict: false });
  expect(accounts.get("hiapi")?.key.reveal()).toBe("k-123456789");
  expect(config).toMatchObject({ cell: "reel", durability: "strict", retentionDays: 30 });
  expect(Object.keys(config.accounts)).toEqual(["hiapi"]);
});

test("a key of a configured account creates no second account", async () => {
  const env = { HIAPI_API_KEY: "a-key-of-hiapi", JIEKOU_API_KEY: "a-key-of-jiekou" };
  const { accounts } = await load({ accounts: { main: { provider: "hiapi", keyEnv: "HIAPI_API_KEY" } } }, env);
  expect([...accounts.keys()]).toEqual(["main", "jiekou"]);
});

test("an account of the file wins over one of the environment", async () => {
  const account = { provider: "hiapi", keyEnv: "OTHER_KEY", limits: { inFlight: 3 } };
  const { accounts } = await load(
    { accounts: { hiapi: account } },
    { HIAPI_API_KEY: "one-key", OTHER_KEY: "other-key" },
  );
  expect(accounts.size).toBe(1);
  expect(accounts.get("hiapi")?.key.reveal()).toBe("other-key");
  expect(accounts.get("hiapi")?.limits.inFlight).toBe(3);
});

test("missing or empty secrets: all are listed, with account or tenant and variable", async () => {
  const content = {
    accounts: { fast: { provider: "hiapi", keyEnv: "FAST_KEY", callbackSecretEnv: "FAST_SIGN" } },
    tenants: { acme: { webhookSecretEnv: "ACME_HOOK" } },
  };
  expect((await refusal(content, { FAST_KEY: " " })).split("\n")).toEqual([
    'the key of account "fast" is read from FAST_KEY, which is not set: set it',
    'the callback secret of account "fast" is read from FAST_SIGN, which is not set: set it',
    'the webhook secret of tenant "acme" is read from ACME_HOOK, which is not set: set it',
  ]);
  const { accounts, webhookSecrets } = await load(content, {
    FAST_KEY: "k1234567",
    FAST_SIGN: "s1234567",
    ACME_HOOK: "whsec_x",
  });
  expect(accounts.get("fast")?.callbackSecret?.reveal()).toBe("s1234567");
  expect(webhookSecrets.get("acme")?.reveal()).toBe("whsec_x");
});

test("a file that an editor saved with a byte order mark is read", async () => {
  expect((await load('\u{feff}{"retentionDays": 3}')).config.retentionDays).toBe(3);
});

test("problems of the file: one message lists all, with path, given value and advice", async () => {
  const message = await refusal({
    durability: "sometimes",
    retentionDays: -1,
    tenant: {},
    accounts: { Main: { provider: "hiapi", keyEnv: "A" }, b: { keyEnv: "B", limits: { inFlight: "ten" } } },
  });
  const lines = message.split("\n");
  expect(lines[0]).toContain("reelqueue.config.json has 6 problems:");
  expect(message).toContain('durability: given "sometimes"; invalid option: expected one of "strict"|"relaxed"');
  expect(message).toContain("retentionDays: given -1; too small: expected number to be >0");
  expect(message).toContain('(the whole file): does not know "tenant"; remove it or correct its spelling');
  expect(message).toContain("accounts.Main: is not a name that can be used here");
  expect(message).toContain("accounts.b.provider: is missing; add it");
  expect(message).toContain('accounts.b.limits.inFlight: given "ten"; invalid input: expected number');
});

test("a key in the file is not printed", async () => {
  const key = "hi-0123456789abcdef";
  const asName = await refusal({ accounts: { a: { provider: "hiapi", keyEnv: key } } });
  expect(asName).toContain(
    "accounts.a.keyEnv: given something else (not shown: it may be a secret); the NAME of an environment",
  );
  const broken = await refusal(`{"accounts": {"a": {"keyEnv": "${key}" oops}}}`);
  expect(broken).toMatch(/reelqueue.config.json is not valid JSON.*: correct it/);
  expect(asName + broken).not.toContain(key);
});

test("the printed configuration shows no secret", async () => {
  const loaded = await load(undefined, { HIAPI_API_KEY: "k-canary-123" });
  const printed = inspect(loaded, { depth: 9 }) + JSON.stringify([loaded.config, [...loaded.accounts]]);
  expect(printed).not.toContain("k-canary-123");
  expect(printed).toContain("[secret]");
});

test("relative folders are resolved against the home folder", async () => {
  const { config } = await load({ outputs: { directory: "/mnt/videos" } });
  expect(config.outputs).toMatchObject({ directory: "/mnt/videos", mediaDirectory: join(home, "media") });
});

test("a named file that is missing: the message names it; a file that is not named may be missing", async () => {
  const path = join(home, "reelqueue.config.json");
  await expect(loadConfig({ path, required: true, env: {}, home, keyVariables })).rejects.toThrow(
    `the configuration ${path} is missing: write it, or correct its path (REELQUEUE_CONFIG)`,
  );
  expect((await load(undefined)).accounts.size).toBe(0);
});

test("a list of configuration files is refused, although a missing file means the defaults", async () => {
  const loading = loadConfig({ path: join(home, "east.json,west.json"), env: {}, home, keyVariables });
  await expect(loading).rejects.toThrow("one process serves one cell; start a process for each file");
});

test("allowPrivate that is no CIDR range: one message that names the key", async () => {
  expect(await refusal({ allowPrivate: ["127.0.0.0/8", "10.0.0.1-10.0.0.9"] })).toMatch(
    /allowPrivate\.1: .*a CIDR range such as 10\.0\.0\.0\/8/,
  );
});
