import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";

/** One recorded exchange: the call of the adapter, the request on the wire, the answer, and the expected result. */
const headers = z.record(z.string(), z.string().nullable());
const fault = z.enum([
  /** The port is closed. */
  "refused",
  /** The connection is reset after the whole request is read. */
  "reset",
  /** No answer before the time limit. */
  "silence",
  /** The connection is closed in the middle of `text`. */
  "cut",
]);
/**
 * The expected request; absent if no request may be sent. A header `null` must be absent; a header `…*` is a prefix.
 */
const sent = z.strictObject({
  method: z.enum(["GET", "POST", "DELETE"]),
  path: z.string(),
  headers,
  body: z.unknown().optional(),
  /** Parts of a body that is not JSON. */
  holds: z.array(z.string()).optional(),
});
const answer = z.strictObject({
  status: z.number().default(200),
  headers: z.record(z.string(), z.string()).default({}),
  json: z.unknown().optional(),
  text: z.string().optional(),
  fault: fault.optional(),
});
const request = z.record(z.string(), z.unknown());

const recording = z.strictObject({
  /** The kind of the case, see kinds.ts. */
  proves: z.string(),
  title: z.string(),
  label: z.enum(["PROVIDED", "DOCUMENTED", "INFERRED"]),
  source: z.string(),
  /** The task status in the answer; absent if the answer has none. */
  status: z.string().optional(),
  /** The switches of the account. */
  switches: z.record(z.string(), z.boolean()).optional(),
  submit: z
    .strictObject({
      request,
      callbackUrl: z.string().optional(),
      media: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  poll: z.strictObject({ taskId: z.string() }).optional(),
  callback: z
    .strictObject({ raw: z.string(), headers: headers, secret: z.string().optional(), nowMs: z.number() })
    .optional(),
  lookup: z.strictObject({ clientId: z.string() }).optional(),
  list: z.strictObject({ request, sinceMs: z.number(), page: z.number().default(1) }).optional(),
  cancel: z.strictObject({ taskId: z.string() }).optional(),
  upload: z
    .strictObject({
      kind: z.enum(["image", "video", "audio"]),
      name: z.string(),
      url: z.string().optional(),
      /** The content of the file, as text. */
      bytes: z.string().optional(),
      contentType: z.string().default(""),
    })
    .optional(),
  asset: z.strictObject({ assetId: z.string() }).optional(),
  sent: sent.optional(),
  answer: answer.optional(),
  /** The exchanges after the first, if one call makes several. */
  next: z.array(z.strictObject({ sent, answer })).default([]),
  /** The expected result; of `message` and `evidence` only a part is compared. */
  outcome: z.looseObject({ kind: z.string() }),
});
export type Recording = z.output<typeof recording>;

const file = z.strictObject({ about: z.string(), cases: z.array(recording).min(1) });

export interface RecordedFile {
  name: string;
  text: string;
  cases: Recording[];
}

/** The recordings in a provider's contract folder. */
export function recordingsOf(provider: string): RecordedFile[] {
  const folder = new URL(`../${provider}/contract/`, import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const text = readFileSync(new URL(name, folder), "utf8");
      return { name, text, cases: file.parse(JSON.parse(text)).cases };
    });
}

/** The names of all provider folders with recordings. */
export function recordedProviders(): string[] {
  const root = new URL("../", import.meta.url);
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory() && entry.name === "contract")
    .map((entry) => entry.parentPath.split(/[\\/]/).filter(Boolean).at(-1) ?? "")
    .sort();
}
