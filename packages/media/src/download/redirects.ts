import { type Egress, EgressError, type EgressStream } from "@reelqueue/egress";
import type { DownloadSource } from "../outputs/output-store.ts";

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface GetRequest {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
  /** A trusted origin, and what only it may see; no longer after a redirect to another one. */
  own?: { origin: string; authorization?: string };
}

/**
 * Sends a GET and follows at most 3 redirects. Egress checks each address; a redirect from https to http is refused.
 * Throws an EgressError.
 */
export async function getWithRedirects(egress: Egress, { own, ...request }: GetRequest): Promise<EgressStream> {
  let address = URL.parse(request.url) ?? refuse("not a URL");
  let isOwn = own !== undefined;
  for (let redirects = 0; ; redirects++) {
    isOwn &&= address.origin === own?.origin;
    const answer = await egress.stream({
      method: "GET",
      url: address.href,
      ...asked(request, isOwn ? own : undefined),
    });
    const location = redirectStatuses.has(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) return answer;
    discardBody(answer);
    if (redirects === maxRedirects) refuse(`more than ${maxRedirects} redirects`);
    address = redirectTarget(location, address);
  }
}

function asked({ headers, signal }: GetRequest, own: GetRequest["own"]) {
  if (own === undefined) return { headers, signal };
  const { authorization } = own;
  return { headers: { ...headers, ...(authorization !== undefined && { authorization }) }, signal, trusted: true };
}

/** Asks again with the key of the account where its own origin refuses the file without. Throws an EgressError. */
export async function getWithKey(
  egress: Egress,
  request: GetRequest,
  own: DownloadSource["own"],
): Promise<EgressStream> {
  if (own === undefined || URL.parse(request.url)?.origin !== own.origin)
    return await getWithRedirects(egress, request);
  const answer = await getWithRedirects(egress, { ...request, own: { origin: own.origin } });
  if (answer.status !== 401 && answer.status !== 403) return answer;
  discardBody(answer);
  return await getWithRedirects(egress, {
    ...request,
    own: { origin: own.origin, authorization: `Bearer ${own.key}` },
  });
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
