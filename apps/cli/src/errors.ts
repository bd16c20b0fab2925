import { ApiError } from "@reelqueue/client";
import { problemText } from "@reelqueue/contracts";
import { StartError } from "@reelqueue/runtime";
import { SystemError } from "@reelqueue/system";

/** Ends a command with its message. Exit code 2, the default: nothing was done, the user has to change something. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Prints an expected error as its message, any other with its stack; returns the exit code. */
export function reportError(error: unknown): number {
  const expected = error instanceof SystemError || error instanceof StartError || error instanceof CommandError;
  const denial = denialOf(error);
  console.error(error instanceof ApiError ? apiErrorText(error) : expected ? error.message : (denial ?? error));
  if (error instanceof CommandError) return error.exitCode;
  return error instanceof ApiError && error.code === "invalid_request" ? 2 : 1;
}

/** The sentence for a file that this user may not read or write; `undefined` for any other error. */
function denialOf(error: unknown): string | undefined {
  const { code = "", path } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException;
  if (path === undefined || !["EACCES", "EPERM", "EROFS"].includes(code)) return undefined;
  return `This user may not read or write ${path} (${code}): give it the right, or set REELQUEUE_HOME to a folder of its own.`;
}

/** The message of an API error with the remedy. */
export function apiErrorText(error: ApiError): string {
  switch (error.code) {
    case "unreachable":
      return `${error.message} Start it with \`npm start\`, or set REELQUEUE_URL to its address.`;
    case "not_reelqueue":
      return `${error.message} Set REELQUEUE_URL to its address.`;
    case "unauthorized":
      return "The API rejects this key: set REELQUEUE_API_KEY to a valid one (`npm start` stores one in .reelqueue/api-key).";
    case "unavailable":
      return "The API cannot reach its Redis, or may not trust it: `./reelqueue doctor` says what to do.";
    case "internal":
      return `${error.message} (${error.requestId ?? "no request id"})`;
    default:
      return error.problems.length > 0 ? error.problems.map(problemText).join("\n") : error.message;
  }
}
