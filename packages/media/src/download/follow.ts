import { type Egress, EgressError, type EgressStream } from "@reelqueue/egress";

const mostHops = 3;
const redirects = new Set([301, 302, 303, 307, 308]);

export interface FollowedRequest {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal;
}

/**
 * A GET that follows at most three redirects, each hop guarded anew by egress and never from https down to http.
 * Throws an EgressError.
 */
export async function follow(egress: Egress, { url, headers, signal }: FollowedRequest): Promise<EgressStream> {
  let at = URL.parse(url) ?? refuse("not a URL");
  for (let hops = 0; ; hops++) {
    const answer = await egress.stream({ method: "GET", url: at.href, headers, signal });
    const location = redirects.has(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) return answer;
    drop(answer);
    if (hops === mostHops) refuse(`more than ${mostHops} redirects`);
    at = next(location, at);
  }
}

/** Ends an answer whose body nobody wants. */
export function drop({ body }: EgressStream): void {
  body.on("error", () => undefined).destroy();
}

function next(location: string, from: URL): URL {
  const to = URL.parse(location, from.href) ?? refuse("a redirect to something that is no URL");
  if (from.protocol === "https:" && to.protocol !== "https:") refuse(`a redirect from https to ${to.protocol}`);
  return to;
}

function refuse(message: string): never {
  throw new EgressError("blocked", message, { sent: true, code: "REDIRECT" });
}
