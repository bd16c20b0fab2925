import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import type { Addresses } from "./addresses.ts";
import { EgressError } from "./egress.ts";

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;
/** Connects a socket for undici. */
export type Connect = buildConnector.connector;

/** A signed URL of a CDN can be long; nothing legitimate is longer than this. */
const longestUrl = 16_384;

interface Origin {
  protocol: string;
  hostname: string;
  port: string;
}

/** Parses the URL and refuses, before any connection, what may not be asked for whoever names it. */
export function readUrl(text: string): URL {
  if (text.length > longestUrl) throw blocked(`a URL of ${text.length} characters`);
  const url = URL.parse(text);
  if (url === null) throw blocked("not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw blocked(`scheme ${url.protocol}`);
  if (url.username !== "" || url.password !== "") throw blocked("a URL with a user name");
  return url;
}

/** Refuses a URL that comes from outside and names an address, or a kind of place, that is not public. */
export function admit(url: URL, addresses: Addresses): void {
  const host = bare(url.hostname);
  const permitted = permits(url, addresses);
  if (isIP(host) !== 0) {
    if (!permitted(host)) throw blocked(`address ${host}${whyNarrow(url)}`);
  } else if (isNarrow(url) && !addresses.anyAllowedPrivate) {
    throw blocked(`${url.origin}${whyNarrow(url)}`);
  }
}

/**
 * Connects only where `admit` would let it: a host name is resolved once, every answer is checked, and the
 * checked answer is what is connected to. IP literals never reach a look-up, so `admit` must have seen them.
 */
export function guardedConnect(addresses: Addresses, resolve: Resolve, timeoutMs: number): Connect {
  const wide = connectVia(lookupVia(resolve, permits("wide", addresses)), timeoutMs);
  const narrow = connectVia(lookupVia(resolve, permits("narrow", addresses)), timeoutMs);
  return (options, callback) => (isNarrow(options) ? narrow : wide)(options, callback);
}

/** Connects anywhere. */
export function openConnect(resolve: Resolve, timeoutMs: number): Connect {
  return connectVia(
    lookupVia(resolve, () => true),
    timeoutMs,
  );
}

/** On HTTP/2, undici may send a request again after a GOAWAY; on HTTP/1.1 it never does. */
function connectVia(lookup: LookupFunction, timeoutMs: number): Connect {
  return buildConnector({ timeout: timeoutMs, allowH2: false, lookup });
}

function lookupVia(resolve: Resolve, permitted: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const refused = found.find(({ address }) => !permitted(address));
        const [first] = found;
        if (refused) callback(blocked(`${hostname} leads to ${refused.address}`), "");
        else if (!first) callback(Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" }), "");
        else if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };
}

function permits(origin: Origin | "wide" | "narrow", addresses: Addresses): (address: string) => boolean {
  const narrow = typeof origin === "string" ? origin === "narrow" : isNarrow(origin);
  return (address) => addresses.isAllowedPrivate(address) || (!narrow && addresses.isPublic(address));
}

/** An origin that only an explicitly allowed private address may serve: the open internet is spoken to by https on port 443. */
function isNarrow(origin: Origin): boolean {
  return whyNarrow(origin) !== "";
}

function whyNarrow({ protocol, hostname, port }: Origin): string {
  if (protocol !== "https:") return ` by ${protocol}//`;
  if (port !== "" && port !== "443") return ` on port ${port}`;
  return isIP(bare(hostname)) === 0 && isInternalName(hostname) ? " (an internal name)" : "";
}

function isInternalName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, "");
  return !name.includes(".") || /\.(localhost|local|internal|localdomain|lan|home|corp|intranet|arpa)$/.test(name);
}

/** Without the brackets that URLs put around IPv6. */
function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function blocked(what: string): EgressError {
  return new EgressError("blocked", `Not allowed to connect: ${what}`, { sent: false, code: "BLOCKED" });
}
