import type { Egress, EgressRequest } from "@reelqueue/egress";

/** A request as it leaves. */
export interface Sent {
  method: string;
  /** From the root of the provider's API. */
  path: string;
  /** Without the account's key. */
  headers: Record<string, string>;
  body: string;
}

interface CaptureOptions {
  baseUrl: string;
  /** What everything is answered with; left out: an empty success. */
  answer?: { status: number; text: string };
}

/** An egress without a network: it keeps each request and gives the same answer to all. */
export function capture({ baseUrl, answer = { status: 200, text: "" } }: CaptureOptions): {
  http: Egress;
  requests: Sent[];
} {
  const requests: Sent[] = [];
  const http: Egress = {
    request: async (request) => {
      requests.push(sentOf(request, baseUrl));
      return { ...answer, headers: {} };
    },
    stream: () => Promise.reject(new Error("no stream is expected")),
    refusalOf: () => undefined,
    close: async () => {},
  };
  return { http, requests };
}

function sentOf({ method, url, headers = {}, body = "" }: EgressRequest, baseUrl: string): Sent {
  const withoutKey = Object.entries(headers).map(([name, value]) => [
    name,
    value.replace(/^Bearer .+$/, "Bearer <key>"),
  ]);
  if (!url.startsWith(baseUrl)) throw new Error(`${url} is not below ${baseUrl}`);
  return { method, path: url.slice(baseUrl.length), headers: Object.fromEntries(withoutKey), body: body.toString() };
}
