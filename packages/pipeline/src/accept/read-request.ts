import { inspect } from "node:util";
import { flawIn, type GenerationRequest, generationRequest, type Problem } from "@reelqueue/contracts";
import type { z } from "zod";
import type { Context } from "../context.ts";
import { storeMedia } from "./store-media.ts";

export interface ReadOptions {
  /** The owner of the generations. */
  tenant: string;
  /** Reads local files by path; never set for requests from the network. */
  localFiles?: boolean;
  /** Accepts names of the media store whose files do not exist yet. */
  dryRun?: boolean;
}

export type Read = { kind: "read"; request: GenerationRequest } | { kind: "refused"; problems: Problem[] };

/** The requests of the rows that are not refused. */
export function requestsOf(reads: readonly Read[]): GenerationRequest[] {
  return reads.flatMap((read) => (read.kind === "read" ? [read.request] : []));
}

const fields = Object.keys(generationRequest.shape);

/**
 * Validates one request against the schema and its webhook against the rules of egress, and moves its inline and local
 * media into the media store.
 */
export async function readRequest(
  input: unknown,
  options: ReadOptions,
  { media, http }: Pick<Context, "media" | "http">,
): Promise<Read> {
  const parsed = generationRequest.safeParse(input);
  if (!parsed.success) return { kind: "refused", problems: schemaProblems(parsed.error, input, fields) };
  const flaws = flawsOf(parsed.data);
  if (flaws.length > 0) return { kind: "refused", problems: flaws };
  const { tenant = options.tenant } = parsed.data;
  if (tenant !== options.tenant) {
    return { kind: "refused", problems: [refusal("tenant", tenant, `"${options.tenant}", or left out`)] };
  }
  const undeliverable = webhookProblems(parsed.data.webhook, http);
  if (undeliverable.length > 0) return { kind: "refused", problems: undeliverable };
  const stored = await storeMedia(parsed.data, options, media);
  return stored.kind === "refused" ? stored : { kind: "read", request: stored.request };
}

/** A webhook that could never be sent. Only its origin is named: the rest may be a secret. */
function webhookProblems(webhook: string | undefined, http: Context["http"]): Problem[] {
  const reason = webhook === undefined ? undefined : http.refusalOf(webhook);
  if (webhook === undefined || reason === undefined) return [];
  const given = URL.parse(webhook)?.origin ?? "not a URL";
  return [refusal("webhook", given, `an address that events can be sent to. ${reason}`)];
}

/**
 * The issues of a schema as problems, in the form of the providers' rules. `fields`: the top-level fields that exist.
 */
export function schemaProblems(error: z.ZodError, input: unknown, fields?: readonly string[]): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => problem([...path, key], "an unknown field", known(path, fields)));
    return [problem(path, shown(valueAt(input, path)), allowed(issue))];
  });
}

/** A value that would be stored as another one, as a problem; none for data that are stored as they are. */
export function flawsOf(data: unknown): Problem[] {
  const flaw = flawIn(data);
  return flaw === undefined ? [] : [problem(flaw.path.map(String), flaw.given, flaw.allowed)];
}

function problem(path: readonly string[], given: string, allowedText: string): Problem {
  return {
    field: path.reduce(
      (text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
      "",
    ),
    given,
    allowed: allowedText,
    rule: "schema",
    label: "SCHEMA",
    source: "the request schema",
    severity: "error",
  };
}

function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_union":
      return [...new Set(issue.errors.flat().map(allowed))].join(", or ");
    case "invalid_type":
      return issue.expected;
    default:
      return issue.message.replace(/^(Invalid input|Too big|Too small): /, "");
  }
}

function known(path: readonly string[], fields: readonly string[] | undefined): string {
  return path.length === 0 && fields ? fields.join(", ") : "only the documented fields";
}

function valueAt(input: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined,
    input,
  );
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  // `depth`: JSON.stringify overflows the stack on deeply nested input
  const text = typeof value === "object" ? inspect(value, { depth: 1, breakLength: Infinity }) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A problem that neither the schema nor a provider's rule reports. */
export function refusal(field: string, given: string, allowedText: string): Problem {
  return {
    field,
    given,
    allowed: allowedText,
    rule: "schema",
    label: "SCHEMA",
    source: "reelqueue",
    severity: "error",
  };
}
