import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { AccountConfig } from "@reelqueue/contracts";
import { inheritedEnv } from "@reelqueue/testing";

/** Shared by the maker of the fixture and the test that loads it. */
const folder = join(import.meta.dirname, "fixture");
export const files = {
  /** All keys of Redis, one a line. */
  redis: join(folder, "redis.jsonl"),
  /** All tasks of the simulator, one a line. */
  tasks: join(folder, "tasks.jsonl"),
  /** The file that the command line enqueued. */
  batch: join(folder, "upgrade.jsonl"),
};

const samples = join(import.meta.dirname, "../../../../packages/media/samples");
/** Local media that generations of the fixture name. */
export const clips = { ofFile: join(samples, "clip-2s.mp4"), beingUploaded: join(samples, "clip-720p.mp4") };

export const accounts: Record<string, Partial<AccountConfig>> = {
  hiapi: {},
  jiekou: {},
  toapis: {},
  /** The paused account. */
  spare: { provider: "jiekou" },
  ark: { pricesPerMillionTokens: { "seedance-2.0/480p": 7 } },
};

const main = join(import.meta.dirname, "../../../../apps/cli/src/main.ts");

/**
 * Runs `./reelqueue enqueue` on the file, under its path of e2422ca, until it ends or the signal stops it. The last
 * line of its output is JSON.
 */
export function enqueueFile(
  url: string,
  home: string,
  signal?: AbortSignal,
): Promise<{ out: string; failed: boolean }> {
  const tree = mkdtempSync(join(tmpdir(), "reelqueue-upgrade-"));
  const file = join(tree, "packages/scenarios/src/upgrade/fixture", basename(files.batch));
  cpSync(files.batch, file);
  cpSync(clips.ofFile, join(tree, "packages/media/samples", basename(clips.ofFile)));
  const env = { ...inheritedEnv(), REELQUEUE_URL: url, REELQUEUE_HOME: home };
  const args = [main, "enqueue", file, "--yes", "--json"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, signal, killSignal: "SIGINT" }, (error, out, err) => {
      rmSync(tree, { recursive: true });
      resolve({ out: error === null ? out : `${out}${err}`, failed: error !== null });
    });
  });
}
