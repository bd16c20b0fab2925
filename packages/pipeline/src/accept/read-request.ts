import { type GenerationRequest, generationRequest, type Problem } from "@reelqueue/contracts";
import type { MediaStore } from "@reelqueue/outputs";
import { storeMedia } from "./media.ts";
import { refusal, schemaProblems } from "./problems.ts";

export interface ReadOptions {
  /** Whose generations they are. */
  tenant: string;
  /** Paths of local files are read (never for requests that come over the network). */
  localFiles?: boolean;
  /** Names of the media store are taken on trust: their files may come later. */
  dryRun?: boolean;
}

export type Read = { kind: "read"; request: GenerationRequest } | { kind: "refused"; problems: Problem[] };

/** The requests that could be read. */
export function requestsOf(reads: readonly Read[]): GenerationRequest[] {
  return reads.flatMap((read) => (read.kind === "read" ? [read.request] : []));
}

const fields = Object.keys(generationRequest.shape);

/** Reads one request by the schema, its inline and local media moved into the media store. */
export async function readRequest(input: unknown, options: ReadOptions, media: MediaStore): Promise<Read> {
  const parsed = generationRequest.safeParse(input);
  if (!parsed.success) return { kind: "refused", problems: schemaProblems(parsed.error, input, fields) };
  const { tenant = options.tenant } = parsed.data;
  if (tenant !== options.tenant) {
    return { kind: "refused", problems: [refusal("tenant", tenant, `"${options.tenant}", or left out`)] };
  }
  const stored = await storeMedia(parsed.data, options, media);
  return stored.kind === "refused" ? stored : { kind: "read", request: stored.request };
}
