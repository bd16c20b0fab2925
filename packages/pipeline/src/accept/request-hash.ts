import { createHash } from "node:crypto";
import { type GenerationRequest, generationRequest } from "@reelqueue/contracts";

type Fields = Readonly<Record<string, unknown>>;

/** The fields of the first version, in its order, which the hashed text keeps whatever the schema becomes. */
const firstFields = [
  ...["prompt", "model", "seconds", "ratio", "resolution", "images", "videos", "audios"],
  ...["generateAudio", "seed", "watermark", "webSearch", "returnLastFrame", "safetyCheck", "webhook"],
  ...["tags", "metadata", "expiresIn", "onUnknown", "maxAttempts"],
];
const firstMediumFields = ["url", "role"];
/** Default values that the first version left out of the hash, beside empty lists. */
const omittedValues: Fields = { model: "seedance-2.0", seconds: 5, resolution: "720p", maxAttempts: 2 };
/** Fields that identify the generation, or that the hash covers separately. */
const separateFields = ["idempotencyKey", "tenant", "batch", "account", "priority"];
const media = ["images", "videos", "audios"];

/** The defaults of the fields of a request, and of the fields of its media. */
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
 * Distinguishes a repeated request from another one under the same idempotency key. Hashes of stored requests stay
 * valid: a field that is newer than the first version counts only if its value is not the default.
 */
export function requestHash(request: GenerationRequest, defaults = currentDefaults): string {
  const { account = "", batch = "", priority } = request;
  const asked = `${JSON.stringify(hashed(request, defaults))}\n${account}\n${batch}\n${priority}`;
  return createHash("sha256").update(asked).digest("base64url").slice(0, 16);
}

function hashed(request: Fields, defaults: Defaults): Fields {
  const present = firstFields.filter((name) => request[name] !== omittedValues[name] && !isEmpty(request[name]));
  const first = present.map((name) => [name, withoutDefaults(request[name], defaults.media[name])]);
  return Object.fromEntries([...first, ...later(request, [...firstFields, ...separateFields], defaults.request)]);
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

/** The other fields whose values are not their defaults, sorted by name. */
function later(value: Fields, first: readonly string[], defaults: Fields): [string, unknown][] {
  const fields = Object.keys(value).filter((name) => !first.includes(name));
  return fields
    .toSorted()
    .filter((name) => JSON.stringify(value[name]) !== JSON.stringify(defaults[name]))
    .map((name) => [name, value[name]]);
}
