import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Failure, Output, State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { bring } from "@reelqueue/ledger/testing";
import { accept } from "@reelqueue/pipeline";
import type { TestApi } from "./api.ts";

export const row = { prompt: "a snail crosses a leaf", resolution: "480p", seconds: 4 } as const;

/** Enqueues a generation; returns its id. */
export async function queued(
  { installation }: TestApi,
  { tenant = "acme", ...fields }: Record<string, unknown> = {},
): Promise<string> {
  const [answer] = await accept([{ ...row, ...fields }], { tenant: `${tenant}` }, installation);
  if (answer?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  return answer.id;
}

interface Options extends Record<string, unknown> {
  failure?: Failure;
  outputs?: Output[];
  /** Where the end is delivered. */
  webhook?: string;
}

/** Makes a generation in a state; returns its id. */
export async function broughtTo(api: TestApi, state: State, options: Options = {}): Promise<string> {
  const { failure, outputs = [], ...request } = options;
  const id = await queued(api, request);
  const event = { endpoint: "here", url: options.webhook ?? "", body: JSON.stringify({ type: `generation.${state}` }) };
  await bring(api.installation.cell, [id], state, {
    taskId: randomUUID(),
    ...(failure !== undefined && { failure }),
    ...(state === "succeeded" && { outputsText: ledger.outputsText("in no key", outputs) }),
    last: options.webhook === undefined ? {} : { event },
  });
  return id;
}

/** Makes a succeeded generation whose video is in the output store; returns its id. */
export async function withVideo(api: TestApi, bytes: Buffer, fields: Record<string, unknown> = {}): Promise<string> {
  const folder = `2026-11/${randomUUID()}`;
  const output: Output = {
    kind: "video",
    key: `${folder}/1-video.mp4`,
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    contentType: "video/mp4",
  };
  const path = join(api.installation.config.outputs.directory, output.key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return broughtTo(api, "succeeded", { ...fields, outputs: [output] });
}
