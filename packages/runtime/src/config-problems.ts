import type { z } from "zod";
import { scrub } from "./redact.ts";

/** Each problem of a configuration as one sentence: the path, what was given, what to do. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${pathOf(issue.path)}: ${sentence(issue)}`);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map(String).join(".") || "(the whole file)";
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return `does not know ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}; remove it or correct its spelling`;
  }
  if (issue.code === "invalid_key") {
    const allowed = issue.issues.map((each) => lower(each.message)).join("; ");
    return `is not a name that can be used here (${allowed}); rename it`;
  }
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return missing ? `is missing; add it (${lower(issue.message)})` : `given ${given(issue)}; ${lower(issue.message)}`;
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

/** Fields in which users paste a secret instead of the name of its variable. */
const mayHoldSecret = /(?:Env|apiKeySha256)$/;

function given({ path, input }: z.core.$ZodIssue): string {
  if (path.some((step) => mayHoldSecret.test(String(step)))) return "something else (not shown: it may be a secret)";
  const text = scrub(JSON.stringify(input) ?? String(input));
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
