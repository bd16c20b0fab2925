import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, stripVTControlCharacters } from "node:util";
import { type Client, createClient } from "@reelqueue/client";
import { inheritedEnv, sharedRedis, spawnApp, uniqueCell } from "@reelqueue/testing";
import { CommanderError } from "commander";
import { vi } from "vitest";
import { reportError } from "../errors.ts";
import { commands } from "./index.ts";

export interface Run {
  child: ChildProcess;
  out(): string;
  err(): string;
  code: Promise<number | null>;
}

/** A real API without workers: a generation changes only by a test. Only the account `simulator` is simulated. */
export interface TestCli extends AsyncDisposable {
  /** Folder of the installation. */
  home: string;
  cell: string;
  redisUrl: string;
  client: Client;
  /** Runs a command in a separate process. */
  run(args: readonly string[]): Run;
  /** Runs a command to its end in this process, which is many times faster; one at a time. */
  ended(
    args: readonly string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | null; out: string; err: string }>;
}

const key = "key-of-the-command-line";

export async function startTestCli(): Promise<TestCli> {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-cli-"));
  const [cell, redisUrl, config] = [uniqueCell(), await sharedRedis(), join(home, "config.json")];
  const simulator = await spawnApp("simulator", {});
  await simulator.ready();
  writeFileSync(config, JSON.stringify(configOf(cell, simulator.url)));
  const api = await spawnApp("api", {
    REDIS_URL: redisUrl,
    REELQUEUE_HOME: home,
    REELQUEUE_CONFIG: config,
    NOWHERE_KEY: "none",
  });
  await api.ready();
  const own = { REELQUEUE_URL: api.url, REELQUEUE_API_KEY: key, REELQUEUE_HOME: home };
  return {
    home,
    cell,
    redisUrl,
    client: createClient({ url: api.url, key }),
    run: (args) => reelqueue(args, own),
    ended: (args, env) => inProcess(args, { ...own, ...env }),
    [Symbol.asyncDispose]: async () => {
      for (const app of [api, simulator]) {
        app.kill();
        await app.exited;
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function configOf(cell: string, simulatorUrl: string): object {
  const prices = { "seedance-2.0/480p": 0.07 };
  const simulator = {
    provider: "jiekou",
    baseUrl: `${simulatorUrl}/jiekou`,
    keyEnv: "NOWHERE_KEY",
    pricesPerSecond: prices,
  };
  const hiapi = {
    provider: "hiapi",
    baseUrl: "https://provider.example",
    keyEnv: "NOWHERE_KEY",
    pricesPerSecond: prices,
  };
  const tenants = { default: { apiKeySha256: [createHash("sha256").update(key).digest("hex")] } };
  return { cell, accounts: { simulator, hiapi }, tenants };
}

function reelqueue(args: readonly string[], env: Record<string, string>): Run {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../main.ts"), ...args], {
    env: { ...inheritedEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => (texts.out += text));
  child.stderr.on("data", (text: Buffer) => (texts.err += text));
  const code = once(child, "close").then(([ended]) => ended as number | null);
  return { child, out: () => texts.out, err: () => texts.err, code };
}

async function inProcess([name, ...args]: readonly string[], env: Record<string, string>) {
  const texts = { out: "", err: "" };
  const keep = (stream: keyof typeof texts) => (text: unknown) => {
    texts[stream] += stripVTControlCharacters(String(text));
    return true;
  };
  for (const [variable, value] of Object.entries(env)) vi.stubEnv(variable, value);
  vi.spyOn(console, "log").mockImplementation((...said) => void keep("out")(`${format(...said)}\n`));
  vi.spyOn(console, "error").mockImplementation((...said) => void keep("err")(`${format(...said)}\n`));
  vi.spyOn(process.stdout, "write").mockImplementation(keep("out"));
  vi.spyOn(process.stderr, "write").mockImplementation(keep("err"));
  try {
    const code = await codeOf(name ?? "", args);
    return { code, ...texts };
  } finally {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  }
}

/** The exit code that the process would have. */
async function codeOf(name: string, args: readonly string[]): Promise<number> {
  const command = commands.find((each) => each.name() === name);
  if (!command) throw new Error(`no command ${name}`);
  process.exitCode = 0;
  try {
    await command.exitOverride().parseAsync(args, { from: "user" });
    return Number(process.exitCode);
  } catch (error) {
    return error instanceof CommanderError ? 2 : reportError(error);
  } finally {
    process.exitCode = undefined;
  }
}
