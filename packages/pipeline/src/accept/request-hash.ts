import { createHash } from "node:crypto";
import { type GenerationRequest, generationRequest } from "@reelqueue/contracts";

type Fields = Readonly<Record<string, unknown>>;

/** The fields of the first version, in its order: whatever the schema becomes, they make the same text. */
const firstFields = [
  ...["prompt", "model", "seconds", "ratio", "resolution", "images", "videos", "audios"],
  ...["generateAudio", "seed", "watermark", "webSearch", "returnLastFrame", "safetyCheck", "webhook"],
  ...["tags", "metadata", "expiresIn", "onUnknown", "maxAttempts"],
];
const firstMediumFields = ["url", "role"];
/** Values that the first version left out, beside empty lists. */
const leftOut: Fields = { model: "seedance-2.0", seconds: 5, resolution: "720p", maxAttempts: 2 };
/** Fields that identify the generation, or that the hash covers by themselves. */
const apart = ["idempotencyKey", "tenant", "batch", "account", "priority"];
const media = ["images", "videos", "audios"];

/** What a request says of a field that it leaves out, and of a field that one of its media leaves out. */
export interface Defaults {
  request: Fields;
  media: Readonly<Record<string, Fields>>;
}

export function defaultsOf(schema: { parse(input: unknown): Fields }): Defaults {
  const url = "https://example.com/";
  const parsed = schema.parse(Object.fromEntries(media.map((name) => [name, [{ url }]])));
  const first = (value: unknown): Fields => (Array.isArray(value) ? value[0] : {});
  return {
    request: schema.parse({}),
    media: Object.fromEntries(media.map((name) => [name, first(parsed[name])])),
  };
}

const currentDefaults = defaultsOf(generationRequest);

/**
 * Tells a repeated request from another one under the same idempotency key. The hashes of stored requests stay valid: a field
 * that is newer than the first version counts only where its value is not the default.
 */
export function requestHash(request: GenerationRequest, defaults = currentDefaults): string {
  const { account = "", batch = "", priority } = request;
  const asked = `${JSON.stringify(hashed(request, defaults))}\n${account}\n${batch}\n${priority}`;
  return createHash("sha256").update(asked).digest("base64url").slice(0, 16);
}

function hashed(request: Fields, defaults: Defaults): Fields {
  const told = firstFields.filter((name) => request[name] !== leftOut[name] && !isEmpty(request[name]));
  const first = told.map((name) => [name, withoutDefaults(request[name], defaults.media[name])]);
  return Object.fromEntries([...first, ...later(request, [...firstFields, ...apart], defaults.request)]);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function withoutDefaults(value: unknown, defaults: Fields | undefined): unknown {
  if (defaults === undefined || !Array.isArray(value)) return value;
  return value.map((medium: Fields) => {
    const first = firstMediumFields.map((field) => [field, medium[field]]);
    return Object.fromEntries([...first, ...later(medium, firstMediumFields, defaults)]);
  });
}

/** The other fields that say more than their defaults, by name. */
function later(value: Fields, first: readonly string[], defaults: Fields): [string, unknown][] {
  const fields = Object.keys(value).filter((name) => !first.includes(name));
  return fields
    .toSorted()
    .filter((name) => JSON.stringify(value[name]) !== JSON.stringify(defaults[name]))
    .map((name) => [name, value[name]]);
}
