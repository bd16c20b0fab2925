import { type Egress, EgressError, type EgressStream } from "@reelqueue/egress";

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface GetRequest {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * Sends a GET and follows at most 3 redirects. Egress checks each address; a redirect from https to http is refused.
 * Throws an EgressError.
 */
export async function getWithRedirects(egress: Egress, { url, headers, signal }: GetRequest): Promise<EgressStream> {
  let address = URL.parse(url) ?? refuse("not a URL");
  for (let redirects = 0; ; redirects++) {
    const answer = await egress.stream({ method: "GET", url: address.href, headers, signal });
    const location = redirectStatuses.has(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) return answer;
    discardBody(answer);
    if (redirects === maxRedirects) refuse(`more than ${maxRedirects} redirects`);
    address = redirectTarget(location, address);
  }
}

/** Closes a response without reading its body. */
export function discardBody({ body }: EgressStream): void {
  body.on("error", () => undefined).destroy();
}

function redirectTarget(location: string, from: URL): URL {
  const to = URL.parse(location, from.href) ?? refuse("a redirect to an invalid URL");
  if (from.protocol === "https:" && to.protocol !== "https:") refuse(`a redirect from https to ${to.protocol}`);
  return to;
}

function refuse(message: string): never {
  throw new EgressError("blocked", message, { sent: true, code: "REDIRECT" });
}
