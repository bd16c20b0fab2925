import { type Failure, type GenerationInput, generationRequest, type Output, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Move, sendAll, sendMove } from "@reelqueue/ledger/testing";

type Step = Omit<Move, "id" | "token">;

const output: Output = {
  kind: "video",
  key: "a/b/video.mp4",
  bytes: 51_200,
  sha256: "0".repeat(64),
  contentType: "video/mp4",
};
const failure: Failure = { class: "upstream", code: "E500", message: "the provider's renderer fell over" };

const submitting: Step = { from: ["queued"], to: "submitting", due: { lane: "submitting", inMs: 90_000 } };
const unknown: Step = {
  from: ["submitting"],
  to: "unknown",
  due: { lane: "unknown", inMs: 60_000 },
  note: "ECONNRESET",
};
const running: Step = { from: ["submitting"], to: "running", due: { lane: "poll", inMs: 3_600_000 }, note: "accepted" };
const finalizing: Step = { from: ["running"], to: "finalizing", due: { lane: "finalize", inMs: 3_600_000 } };

/** The moves that bring a new generation into each state. */
const stepsTo: Record<State, readonly Step[]> = {
  queued: [],
  preparing: [{ from: ["queued"], to: "preparing", due: { lane: "preparing", inMs: 60_000 } }],
  submitting: [submitting],
  unknown: [submitting, unknown],
  needs_review: [
    submitting,
    unknown,
    { from: ["unknown"], to: "needs_review", due: { lane: "review", inMs: 3_600_000 } },
  ],
  running: [submitting, running],
  finalizing: [submitting, running, finalizing],
  succeeded: [
    submitting,
    running,
    finalizing,
    {
      from: ["finalizing"],
      to: "succeeded",
      set: { outputsText: ledger.outputsText("in no key", [output]), settledMicroUsd: 756_000 },
    },
  ],
  failed: [submitting, running, failedAs(failure)],
  canceled: [{ from: ["queued"], to: "canceled", note: "canceled on request" }],
  expired: [submitting, running, { from: ["running"], to: "expired", due: { lane: "watch", inMs: 3_600_000 } }],
};

function failedAs(as: Failure): Step {
  return { from: ["running"], to: "failed", set: { failure: as }, note: as.message };
}

let serial = 0;

function newGeneration(cell: ledger.Cell, request: GenerationInput): ledger.NewGeneration {
  serial += 1;
  return {
    id: ledger.generationId(cell.name, "default"),
    requestHash: "hash",
    account: "hiapi",
    tenant: serial % 3 === 0 ? "acme" : "default",
    priority: 0,
    request: ledger.serializeRequest(generationRequest.parse({ prompt: `prompt ${serial}`, ...request })),
    runTimeClass: "hiapi/seedance-2.0/720p/5/text",
    estimateMicroUsd: 756_000,
  };
}

/** Makes new generations and moves each into a state, as the stages do; returns their ids, oldest first. */
export async function fill(
  cell: ledger.Cell,
  state: State,
  count: number,
  request: GenerationInput = {},
): Promise<string[]> {
  return await bring(cell, stepsTo[state], count, request);
}

/** Makes a generation that ended in this failure. */
export async function failedWith(cell: ledger.Cell, as: Failure): Promise<string> {
  const [id = ""] = await bring(cell, [submitting, running, failedAs(as)], 1, {});
  return id;
}

async function bring(
  cell: ledger.Cell,
  steps: readonly Step[],
  count: number,
  request: GenerationInput,
): Promise<string[]> {
  const rows = Array.from({ length: count }, () => newGeneration(cell, request));
  await ledger.accept(cell, rows);
  const ids = rows.map(({ id }) => id);
  for (const step of steps) await moveAll(cell, ids, step);
  return ids;
}

async function moveAll(cell: ledger.Cell, ids: readonly string[], step: Step): Promise<void> {
  for (let start = 0; start < ids.length; start += 500) {
    const moves = ids.slice(start, start + 500).map((id) => ({
      ...step,
      id,
      token: `to-${step.to}`,
      ...(step.to === "running" && { bindTask: `task-${id}` }),
    }));
    const moved = await sendAll(cell, moves);
    const refused = moved.find(({ kind }) => kind !== "moved");
    if (refused) throw new Error(`not moved to ${step.to}: ${JSON.stringify(refused)}`);
  }
}

/** Makes a delivery of one failed generation, as `move` makes it; returns its id. */
export async function announce(
  cell: ledger.Cell,
  body: object,
  url = "https://hooks.example.com/T1/hook-path",
): Promise<string> {
  const [id = ""] = await fill(cell, "running", 1);
  const event = { endpoint: "e1", url, body: JSON.stringify(body) };
  const step = failedAs(failure);
  await sendMove(cell, { ...step, id, token: "announce", event });
  return `msg_${id}_1`;
}
