import { execFile } from "node:child_process";
import { join } from "node:path";
import type { AccountConfig } from "@reelqueue/contracts";

/** What the maker of the fixture and the test that loads it must agree on. */
const folder = join(import.meta.dirname, "fixture");
export const files = {
  /** All keys of Redis, one a line. */
  redis: join(folder, "redis.jsonl"),
  /** All tasks of the simulator, one a line. */
  tasks: join(folder, "tasks.jsonl"),
  /** What the command line has enqueued. */
  batch: join(folder, "upgrade.jsonl"),
};

const samples = join(import.meta.dirname, "../../../media/samples");
/** Local media that generations of the fixture name. */
export const clips = { ofFile: join(samples, "clip-2s.mp4"), beingUploaded: join(samples, "clip-720p.mp4") };

export const accounts: Record<string, Partial<AccountConfig>> = {
  hiapi: {},
  jiekou: {},
  toapis: {},
  /** The one that is paused. */
  spare: { provider: "jiekou" },
  ark: { pricesPerMillionTokens: { "seedance-2.0/480p": 7 } },
};

const main = join(import.meta.dirname, "../../../../apps/cli/src/main.ts");

/** Runs `./reelqueue enqueue` on the file until it ends or the signal stops it; the last line of its output is JSON. */
export function enqueueFile(
  url: string,
  home: string,
  signal?: AbortSignal,
): Promise<{ out: string; failed: boolean }> {
  const env = { PATH: process.env.PATH, REELQUEUE_URL: url, REELQUEUE_HOME: home };
  const args = [main, "enqueue", files.batch, "--yes", "--json"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, signal, killSignal: "SIGINT" }, (error, out, err) =>
      resolve({ out: error === null ? out : `${out}${err}`, failed: error !== null }),
    );
  });
}
