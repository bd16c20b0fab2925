import { ApiError } from "@reelqueue/client";
import type { Check } from "@reelqueue/contracts";
import { pingRedis } from "@reelqueue/system";
import { Command } from "commander";
import pc from "picocolors";
import { readEnv } from "../env.ts";
import { apiErrorText } from "../errors.ts";
import { connect } from "./api.ts";
import { printJson } from "./show.ts";

export const doctor = new Command("doctor")
  .description("Check Redis, disk, accounts and processes; each line says what to do.")
  .option("--json", "as one JSON object")
  .action(async ({ json }: { json?: boolean }) => {
    const checks = [...(await apiChecks()), ...(await processChecks())];
    const ok = checks.every((check) => check.ok);
    if (json) printJson({ ok, checks });
    else for (const check of checks) console.log(line(check));
    process.exitCode = ok ? 0 : 1;
  });

function line({ name, ok, sentence }: Check): string {
  return `${ok ? pc.green("✓") : pc.yellow("!")} ${pc.bold(name)}: ${sentence}`;
}

async function apiChecks(): Promise<Check[]> {
  const { client, url } = connect();
  try {
    const { checks } = await client.installation({ signal: AbortSignal.timeout(15_000) });
    return [{ name: "API", ok: true, sentence: `It answers at ${url}.` }, ...checks];
  } catch (error) {
    const sentence =
      error instanceof ApiError ? apiErrorText(error) : `${error instanceof Error ? error.message : error} (${url})`;
    return [{ name: "API", ok: false, sentence }, ...(await redisChecks())];
  }
}

/** Checks Redis directly when the API does not answer. */
async function redisChecks(): Promise<Check[]> {
  const { redisUrl } = readEnv();
  if (redisUrl === undefined) return [];
  const why = await pingRedis(redisUrl);
  return [
    {
      name: "redis",
      ok: why === undefined,
      sentence: why === undefined ? "It answers." : `It does not answer: ${why}. Start it, or correct REDIS_URL.`,
    },
  ];
}

const workers = ["submitter", "poller", "finalizer", "dashboard"] as const;

/** Checks the other processes if the API is on this machine. */
async function processChecks(): Promise<Check[]> {
  const { ports, api } = readEnv();
  if (!/^https?:\/\/(127\.|localhost|\[::1\])/.test(api.url)) return [];
  return Promise.all(workers.map((name) => processCheck(name, ports[name])));
}

async function processCheck(name: string, port: number): Promise<Check> {
  try {
    const path = name === "dashboard" ? "healthz" : "readyz";
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(5_000) });
    const { ok, reasons = [] } = (await answer.json()) as { ok: boolean; reasons?: string[] };
    return { name, ok, sentence: ok ? `It runs (port ${port}).` : reasons.join(" ") };
  } catch {
    return { name, ok: false, sentence: `It does not answer on port ${port}: \`npm start\` runs it.` };
  }
}
