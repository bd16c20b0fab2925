import type { z } from "zod";

/** One sentence about the first rule that a body breaks, as a vendor would say it. */
export function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  if (!issue) return "invalid request";
  return issue.path.length > 0 ? `${issue.path.join(".")}: ${issue.message}` : issue.message;
}
