import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { GenerationRequest } from "@reelqueue/contracts";
import { type GenerationRecord, recordVersion } from "../redis/codec.ts";
import { LedgerError } from "../redis/error.ts";

/** Values that are not stored. Part of the stored form `1`: they stay even if the defaults of the schema change. */
const commonValues = { model: "seedance-2.0", seconds: 5, resolution: "720p", maxAttempts: 2 } as const;
const isCommon = (name: string, value: unknown): boolean =>
  name in commonValues && commonValues[name as keyof typeof commonValues] === value;

/** The request as JSON, without fields of the record, common values and empty lists. */
export function serializeRequest(request: GenerationRequest): string {
  const { idempotencyKey, tenant, batch, account, priority, ...rest } = request;
  const kept = Object.entries(rest).filter(
    ([name, value]) => !isCommon(name, value) && !(Array.isArray(value) && value.length === 0),
  );
  return JSON.stringify(Object.fromEntries(kept));
}

/**
 * Stored form of a request in a resting state: the version, then the JSON, or `z` and the deflated JSON if that is
 * shorter. Not used on acceptance: deflating takes as long as all the rest of it.
 */
export function compressRequest(json: string): string {
  if (json.length < minCompressedLength) return recordVersion + json;
  const packed = `z${deflateRawSync(json, { dictionary, ...compression }).toString("base64")}`;
  return recordVersion + (packed.length < json.length ? packed : json);
}

/** A stored request with its common values and the fields of the record. */
export function parseRequest(
  text: string,
  record?: Pick<GenerationRecord, "tenant" | "batch" | "account" | "priority">,
): GenerationRequest {
  const stored = JSON.parse(decompress(text)) as GenerationRequest;
  return {
    ...commonValues,
    ...stored,
    images: stored.images ?? [],
    videos: stored.videos ?? [],
    audios: stored.audios ?? [],
    tags: stored.tags ?? [],
    priority: record?.priority ?? 0,
    ...(record !== undefined && { tenant: record.tenant, account: record.account }),
    ...(record?.batch !== undefined && { batch: record.batch }),
  };
}

/** Shorter JSON does not shrink. */
const minCompressedLength = 200;
/** 4 KiB hold a prompt; a higher level saves 1 %. */
const compression = { level: 2, memLevel: 5, windowBits: 12 };

/** Deflate dictionary. Part of the stored form `1z`: a change needs a new version. */
const dictionary = Buffer.from(
  "The camera slowly pushes in, pans left, tracking shot, close-up of, medium shot, wide angle, aerial view, cinematic lighting, golden hour, " +
    "natural light, background, foreground, in the distance, the character walks toward the camera, looks at the viewer, her hands, his face, " +
    "hair moves in the wind, realistic texture, high detail, no text, no subtitles, keep the same style as [Image 1], as in [Video 1], " +
    'with the voice of [Audio 1]. "webhook":"https://hooks.example.com/","metadata":{"tags":["videos":[{"url":"https://audios":[{"url":"https://' +
    'images":[{"url":"media://https://cdn.example.com/.png","role":"reference"},{"role":"first_frame"},{"role":"last_frame"}],"seed":' +
    '"generateAudio":false,"returnLastFrame":true,"watermark":false,"resolution":"1080p","resolution":"480p","ratio":"9:16","ratio":"adaptive",' +
    '"seconds":"auto","seconds":5,"resolution":"720p","ratio":"16:9","maxAttempts":2}{"prompt":"{"model":"seedance-2.0-fast","model":"seedance-2.0",' +
    '"prompt":"',
);

function decompress(text: string): string {
  if (text.startsWith(`${recordVersion}{`)) return text.slice(1);
  if (!text.startsWith(`${recordVersion}z`))
    throw new LedgerError("version", "the request was stored by a newer version: upgrade this process");
  return inflateRawSync(Buffer.from(text.slice(2), "base64"), { dictionary, maxOutputLength: 1_048_576 }).toString();
}
