import { z } from "zod";
import type { ExchangeRequest } from "../http/exchange.ts";
import { taskId, text, webUrl } from "../http/fields.ts";
import { type FailedQuery, httpGet, query, toNoAnswer } from "../http/query.ts";
import type { AssetState, Call, Upload, Uploaded } from "../provider.ts";
import { requestErrors } from "./errors.ts";
import { refusal } from "./wire.ts";

const refused = z.object({ success: z.literal(false) });
const format = {
  refusal,
  requestErrors,
  /** `success: false` may come with a 200 (INFERRED). */
  refusedWithin(body: unknown) {
    const reported = refused.safeParse(body).success ? refusal(body) : undefined;
    return reported && { status: 400, refusal: reported };
  },
};
const avatars = "/v1/videos/doubao-seedance-2-0/private-avatar";
const timeoutMs = 120_000;

/** Uploads bytes to a public URL, or a URL to an asset of the private library, each in its own group (DOCUMENTED). */
export async function upload(file: Upload, call: Call): Promise<Uploaded> {
  const { source } = file;
  if ("bytes" in source) return uploaded(await query(format, call, await multipartOf(file, source), urlIn));
  const group = await query(format, call, jsonTo(`${avatars}/groups`, { name: file.name, description: "" }), groupIn);
  if (group.kind !== "group") return uploaded(group);
  const asset = { group_id: group.id, asset_type: file.kind, source_url: source.url, name: file.name };
  return uploaded(await query(format, call, jsonTo(`${avatars}/assets`, asset), assetIn));
}

export async function asset(assetId: string, call: Call): Promise<AssetState> {
  const path = `${avatars}/assets/${encodeURIComponent(assetId)}`;
  const outcome = await httpGet(format, call, path, stateIn);
  return outcome.kind === "refused" ? toNoAnswer(outcome) : outcome;
}

/** `missing` becomes `unreachable`, so that the upload is repeated: a second copy of a file is not charged. */
function uploaded(outcome: Uploaded | FailedQuery): Uploaded {
  switch (outcome.kind) {
    case "refused":
      return { kind: "rejected", failure: outcome.failure };
    case "missing":
      return { kind: "unreachable", message: outcome.message };
    default:
      return outcome;
  }
}

async function multipartOf(
  { kind, name }: Upload,
  source: { bytes: Buffer; contentType: string },
): Promise<ExchangeRequest> {
  const form = new FormData();
  form.set("file", new Blob([new Uint8Array(source.bytes)], { type: source.contentType }), name);
  const encoded = new Response(form);
  const headers = { "content-type": encoded.headers.get("content-type") ?? "multipart/form-data" };
  return {
    method: "POST",
    path: `/v1/uploads/${kind}s`,
    headers,
    body: Buffer.from(await encoded.arrayBuffer()),
    timeoutMs,
  };
}

function jsonTo(path: string, body: object): ExchangeRequest {
  const headers = { "content-type": "application/json" };
  return { method: "POST", path, headers, body: JSON.stringify(body), timeoutMs };
}

const dataOf = <T extends z.ZodType>(data: T) => z.object({ data });

function urlIn(body: unknown): Uploaded | undefined {
  const url = dataOf(z.object({ url: webUrl })).safeParse(body).data?.data.url;
  return url === undefined ? undefined : { kind: "url", url };
}

function groupIn(body: unknown): { kind: "group"; id: string } | undefined {
  const id = dataOf(z.object({ group_id: taskId })).safeParse(body).data?.data.group_id;
  return id === undefined ? undefined : { kind: "group", id };
}

function assetIn(body: unknown): Uploaded | undefined {
  const assetId = dataOf(z.object({ asset_id: taskId })).safeParse(body).data?.data.asset_id;
  return assetId === undefined ? undefined : { kind: "asset", assetId };
}

/** A status that no document names counts as processing. */
function stateIn(body: unknown): AssetState | undefined {
  const read = dataOf(z.object({ status: z.string(), message: text })).safeParse(body).data?.data;
  if (!read) return undefined;
  const status = read.status.toLowerCase();
  if (status === "active") return { kind: "active" };
  if (status === "failed") return { kind: "failed", message: read.message ?? "The provider gives no reason" };
  return { kind: "processing", status: read.status };
}
