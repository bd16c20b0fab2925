import { type Failure, type GenerationInput, generationRequest, type Output, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { bring, type Given } from "@reelqueue/ledger/testing";

const output: Output = {
  kind: "video",
  key: "a/b/video.mp4",
  bytes: 51_200,
  sha256: "0".repeat(64),
  contentType: "video/mp4",
};
const failure: Failure = { class: "upstream", code: "E500", message: "the provider's renderer fell over" };

const ends: Partial<Record<State, Given>> = {
  succeeded: { outputsText: ledger.outputsText("in no key", [output]), settledMicroUsd: 756_000 },
  failed: { failure },
  expired: { last: { due: { lane: "watch", inMs: 3_600_000 } } },
};

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

/** Makes new generations in a state; returns their ids, oldest first. */
export async function fill(
  cell: ledger.Cell,
  state: State,
  count: number,
  request: GenerationInput = {},
): Promise<string[]> {
  return await made(cell, count, { state, request, given: ends[state] });
}

/** Makes a generation that ended in this failure. */
export async function failedWith(cell: ledger.Cell, as: Failure): Promise<string> {
  const [id = ""] = await made(cell, 1, { state: "failed", given: { failure: as, last: { note: as.message } } });
  return id;
}

/** Makes a delivery of one failed generation, as its end makes it; returns its id. */
export async function announce(
  cell: ledger.Cell,
  body: object,
  url = "https://hooks.example.com/T1/hook-path",
): Promise<string> {
  const event = { endpoint: "e1", url, body: JSON.stringify(body) };
  const [id = ""] = await made(cell, 1, { state: "failed", given: { failure, last: { event } } });
  return `msg_${id}_1`;
}

const chunk = 500;

async function made(
  cell: ledger.Cell,
  count: number,
  { state, request = {}, given }: { state: State; request?: GenerationInput; given?: Given | undefined },
): Promise<string[]> {
  const rows = Array.from({ length: count }, () => newGeneration(cell, request));
  await ledger.accept(cell, rows);
  const ids = rows.map(({ id }) => id);
  for (let start = 0; start < ids.length; start += chunk)
    await bring(cell, ids.slice(start, start + chunk), state, given);
  return ids;
}
