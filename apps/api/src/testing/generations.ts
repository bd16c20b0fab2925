import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Failure, Output } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { accept } from "@reelqueue/pipeline";
import type { TestApi } from "./api.ts";

export const row = { prompt: "a snail crosses a leaf", resolution: "480p", seconds: 4 } as const;

/** A new generation that waits in the queue. */
export async function queued(
  { installation }: TestApi,
  { tenant = "acme", ...fields }: Record<string, unknown> = {},
): Promise<string> {
  const [answer] = await accept([{ ...row, ...fields }], { tenant: `${tenant}` }, installation);
  if (answer?.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(answer)}`);
  return answer.id;
}

type Ending = "submitting" | "running" | "needs_review" | "failed" | "succeeded";
type Step = Omit<ledger.Move, "id" | "token">;

/** A new generation, brought by the table of moves to where a test wants it. */
export async function broughtTo(
  api: TestApi,
  ending: Ending,
  fields: Record<string, unknown> & { failure?: Failure; outputs?: Output[]; webhook?: string } = {},
): Promise<string> {
  const { failure, outputs, ...request } = fields;
  const id = await queued(api, request);
  const event = { endpoint: "here", url: fields.webhook ?? "", body: JSON.stringify({ type: `generation.${ending}` }) };
  const rests = fields.webhook === undefined ? {} : { event };
  const submitting: Step = { from: ["queued"], to: "submitting", due: { lane: "submitting", inMs: 90_000 } };
  const unknown: Step = { from: ["submitting"], to: "unknown", due: { lane: "unknown", inMs: 90_000 } };
  const review: Step = { from: ["unknown"], to: "needs_review", due: { lane: "review", inMs: 90_000 } };
  const running: Step = {
    from: ["submitting"],
    to: "running",
    task: randomUUID(),
    due: { lane: "poll", inMs: 90_000 },
  };
  const finalizing: Step = { from: ["running"], to: "finalizing", due: { lane: "finalize", inMs: 90_000 } };
  const kept: Step = {
    from: ["finalizing"],
    to: "succeeded",
    set: { outputs: JSON.stringify(outputs ?? []) },
    ...rests,
  };
  const failed: Step = {
    from: ["running"],
    to: "failed",
    set: { failure: JSON.stringify(failure ?? { class: "upstream", message: "it broke" }) },
    ...rests,
  };
  const ways: Record<Ending, Step[]> = {
    submitting: [submitting],
    needs_review: [submitting, unknown, review],
    running: [submitting, running],
    failed: [submitting, running, failed],
    succeeded: [submitting, running, finalizing, kept],
  };
  for (const step of ways[ending]) {
    const moved = await ledger.move(api.installation.cell, { id, token: randomUUID(), ...step } as ledger.Move);
    if (moved.kind !== "moved") throw new Error(`${step.to}: ${JSON.stringify(moved)}`);
  }
  return id;
}

/** A succeeded generation whose video really lies in the output store. */
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
