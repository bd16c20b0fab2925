import type { z } from "zod";

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** The outcome of a call: a reply, a connection that is reset, or one that is never answered. */
export type Answer = Reply | { kind: "reset" } | { kind: "hang" };

export interface Reply {
  kind: "reply";
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { kind: "reply", status, headers, body: JSON.stringify(body) };
}

export function withHeaders<Some extends Answer>(answer: Some, headers: Record<string, string> | undefined): Some {
  if (answer.kind !== "reply" || !headers) return answer;
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Parses a JSON body; undefined if it is not JSON. */
export function jsonBody(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

/** The first schema violation as `<field path>: <message>`. */
export function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return "invalid request";
  return issue.path.length > 0 ? `${issue.path.join(".")}: ${issue.message}` : issue.message;
}
