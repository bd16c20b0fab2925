import { ApiError } from "@reelqueue/client";
import { StartError } from "@reelqueue/runtime";
import { SystemError } from "@reelqueue/system";
import { apiSentence } from "./commands/api.ts";
import { CommandError } from "./commands/command-error.ts";

/** Prints what went wrong: one sentence where the person can act on it, the whole error where it is a fault of ours. Gives the exit code. */
export function sayWhy(error: unknown): number {
  const expected = error instanceof SystemError || error instanceof StartError || error instanceof CommandError;
  console.error(error instanceof ApiError ? apiSentence(error) : expected ? error.message : error);
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof ApiError && error.code === "invalid_request" ? 2 : 1;
}
