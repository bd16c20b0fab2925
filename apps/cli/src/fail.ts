import { StartError } from "@reelqueue/runtime";
import { StackError } from "@reelqueue/stack";

/** Prints what went wrong: one sentence where the person can act on it, the whole error where it is a fault of ours. Gives the exit code. */
export function sayWhy(error: unknown): number {
  const expected = error instanceof StackError || error instanceof StartError;
  console.error(expected ? error.message : error);
  return 1;
}
