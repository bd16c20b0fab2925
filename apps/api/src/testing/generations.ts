import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Failure, Output } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Move, sendMove } from "@reelqueue/ledger/testing";
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

type Target = "submitting" | "unknown" | "running" | "needs_review" | "failed" | "succeeded";
type Step = Omit<Move, "id" | "token">;

interface Options extends Record<string, unknown> {
  failure?: Failure;
  outputs?: Output[];
  /** Where the end is delivered. */
  webhook?: string;
}

/** Makes a generation and moves it to `target` by allowed moves; returns its id. */
export async function broughtTo(api: TestApi, target: Target, options: Options = {}): Promise<string> {
  const { failure, outputs, ...request } = options;
  const id = await queued(api, request);
  for (const step of stepsTo(target, options)) {
    const moved = await sendMove(api.installation.cell, { id, token: randomUUID(), ...step });
    if (moved.kind !== "moved") throw new Error(`${step.to}: ${JSON.stringify(moved)}`);
  }
  return id;
}

const due = <Lane extends ledger.Lane>(lane: Lane) => ({ lane, inMs: 90_000 });
const submitting: Step = { from: ["queued"], to: "submitting", due: due("submitting") };
const unknown: Step = { from: ["submitting"], to: "unknown", due: due("unknown") };
const review: Step = { from: ["unknown"], to: "needs_review", due: due("review") };
const running: Step = { from: ["submitting"], to: "running", due: due("poll") };
const finalizing: Step = { from: ["running"], to: "finalizing", due: due("finalize") };

function stepsTo(
  target: Target,
  { failure = { class: "upstream", message: "it broke" }, outputs = [], webhook }: Options,
): Step[] {
  const body = JSON.stringify({ type: `generation.${target}` });
  const announced = webhook === undefined ? {} : { event: { endpoint: "here", url: webhook, body } };
  const bound = { ...running, bindTask: randomUUID() };
  switch (target) {
    case "submitting":
      return [submitting];
    case "unknown":
      return [submitting, unknown];
    case "needs_review":
      return [submitting, unknown, review];
    case "running":
      return [submitting, bound];
    case "failed":
      return [submitting, bound, { from: ["running"], to: "failed", set: { failure }, ...announced }];
    case "succeeded":
      return [
        submitting,
        bound,
        finalizing,
        {
          from: ["finalizing"],
          to: "succeeded",
          set: { outputsText: ledger.outputsText("in no key", outputs) },
          ...announced,
        },
      ];
  }
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
