import { ApiError, type Client, createClient } from "@reelqueue/client";
import { problemText } from "@reelqueue/contracts";
import { readEnv } from "../env.ts";

export interface Api {
  client: Client;
  url: string;
}

/** The API that the environment names, else that of `npm start` on this machine. */
export function connect(): Api {
  const { url, key } = readEnv().api;
  return { url, client: createClient({ url, ...(key !== undefined && { key }) }) };
}

/** What a person can do about an answer that is none of those hoped for. */
export function apiSentence(error: ApiError): string {
  switch (error.code) {
    case "unreachable":
      return `${error.message} Start it with \`npm start\`, or set REELQUEUE_URL to where it is.`;
    case "not_reelqueue":
      return `${error.message} Set REELQUEUE_URL to where it is.`;
    case "unauthorized":
      return "The API refuses this key: set REELQUEUE_API_KEY to one of its keys (`npm start` keeps one in .reelqueue/api-key).";
    case "unavailable":
      return "The API cannot reach its Redis, or may not trust it: `./reelqueue doctor` says what to do.";
    case "internal":
      return `${error.message} (${error.requestId ?? "no request id"})`;
    default:
      return error.problems.length > 0 ? error.problems.map(problemText).join("\n") : error.message;
  }
}

/** Whether a call failed because what it names does not exist, or is another tenant's. */
export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.code === "not_found";
}
