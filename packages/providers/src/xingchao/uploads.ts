import { z } from "zod";
import { taskId } from "../http/fields.ts";
import { httpGet, query, toNoAnswer } from "../http/query.ts";
import type { AssetState, Call, Upload, Uploaded } from "../provider.ts";
import { requestErrors } from "./errors.ts";
import { inside, refusal, refusedWithin } from "./wire.ts";

const format = { refusal, refusedWithin, requestErrors };
const types = { image: "Image", video: "Video", audio: "Audio" } as const;

/** Creates an asset from a URL; bytes are rejected (DOCUMENTED: an upload names a URL). */
export async function upload({ kind, name, source }: Upload, call: Call): Promise<Uploaded> {
  if (!("url" in source)) {
    const message = "The provider takes the address of a file on the web, no bytes";
    return { kind: "rejected", failure: { class: "rejected", message } };
  }
  const request = {
    method: "POST",
    path: "/kyyVideo2/asset/upload",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ assetType: types[kind], url: source.url, name }),
    timeoutMs: 60_000,
  } as const;
  const outcome = await query(format, call, request, assetIn);
  if (outcome.kind === "refused") return { kind: "rejected", failure: outcome.failure };
  return outcome.kind === "missing" ? { kind: "unreachable", message: outcome.message } : outcome;
}

/** Code −1 means that the asset does not exist (DOCUMENTED). */
export async function asset(assetId: string, call: Call): Promise<AssetState> {
  const outcome = await httpGet(format, call, `/kyyVideo2/asset/${encodeURIComponent(assetId)}`, stateIn(assetId));
  if (outcome.kind !== "refused") return outcome;
  const { failure } = outcome;
  return failure.code === "-1" ? { kind: "missing", message: failure.message } : toNoAnswer(outcome);
}

function assetIn(body: unknown): Uploaded | undefined {
  const assetId = z.object({ assetId: taskId }).safeParse(inside(body)).data?.assetId;
  return assetId === undefined ? undefined : { kind: "asset", assetId };
}

const state = z.object({ assetId: taskId, status: z.string() });

function stateIn(assetId: string): (body: unknown) => AssetState | undefined {
  return (body) => {
    const read = state.safeParse(inside(body)).data;
    if (!read || read.assetId !== assetId) return undefined;
    switch (read.status.toLowerCase()) {
      case "active":
        return { kind: "active" };
      case "failed":
        return { kind: "failed", message: "The provider's review refused it" };
      default:
        return { kind: "processing", status: read.status };
    }
  };
}
