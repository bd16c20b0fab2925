import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { GenerationRequest } from "@reelqueue/contracts";
import { type GenerationRecord, recordVersion } from "../redis/codec.ts";
import { LedgerError } from "../redis/error.ts";

/** What most requests say. It belongs to the stored form `1`, whatever becomes of the defaults of the schema. */
const commonValues = { model: "seedance-2.0", seconds: 5, resolution: "720p", maxAttempts: 2 } as const;
const isCommon = (name: string, value: unknown): boolean =>
  name in commonValues && commonValues[name as keyof typeof commonValues] === value;

/** The frozen request as JSON: what the record itself tells is left out, and so is what is usual or empty. */
export function serializeRequest(request: GenerationRequest): string {
  const { idempotencyKey, tenant, batch, account, priority, ...rest } = request;
  const kept = Object.entries(rest).filter(
    ([name, value]) => !isCommon(name, value) && !(Array.isArray(value) && value.length === 0),
  );
  return JSON.stringify(Object.fromEntries(kept));
}

/**
 * A frozen request as it lies in Redis once its generation rests: its version, then the JSON, or `z` and the deflated JSON where that is
 * shorter. (Deflating takes as long as all the rest of taking a request in, so whoever waits for that is spared it.)
 */
export function compressRequest(frozen: string): string {
  if (frozen.length < minCompressedLength) return recordVersion + frozen;
  const packed = `z${deflateRawSync(frozen, { dictionary, ...compression }).toString("base64")}`;
  return recordVersion + (packed.length < frozen.length ? packed : frozen);
}

/** A stored request, whole again. */
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

/** Shorter JSON gains nothing. */
const minCompressedLength = 200;
/** A window of 4 KiB holds a prompt and is soon set up; more effort than this saves one byte in a hundred. */
const compression = { level: 2, memLevel: 5, windowBits: 12 };

/** What requests have in common. It is part of the stored form `1z`: another one needs another version. */
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
    throw new LedgerError("version", "this request was stored by a newer version");
  return inflateRawSync(Buffer.from(text.slice(2), "base64"), { dictionary, maxOutputLength: 1_048_576 }).toString();
}
