import type { LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { buildConnector } from "undici";
import { EgressError } from "./error.ts";
/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;
/** Connects a socket for undici. */
export type Connect = buildConnector.connector;

/** Longer than any signed CDN URL. */
const maxUrlLength = 16_384;

interface Origin {
  protocol: string;
  hostname: string;
  port: string;
}

/**
 * Parses a URL; refuses other schemes than http and https, credentials and excessive length, also for trusted requests.
 */
export function readUrl(text: string): URL {
  if (text.length > maxUrlLength) throw blocked(`a URL of ${text.length} characters`);
  const url = URL.parse(text);
  if (url === null) throw blocked("not a URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") throw blocked(`scheme ${url.protocol}`);
  if (url.username !== "" || url.password !== "") throw blocked("a URL with a user name");
  return url;
}

/** Refuses an untrusted URL whose host, port or scheme is not public. */
export function checkUrl(url: URL, addresses: Addresses): void {
  const host = withoutBrackets(url.hostname);
  const permitted = addressFilter(url, addresses);
  if (isIP(host) !== 0) {
    if (!permitted(host)) throw blocked(`address ${host}${restrictionOf(url)}`);
  } else if (isRestricted(url) && !addresses.anyAllowedPrivate) {
    throw blocked(`${url.origin}${restrictionOf(url)}`);
  }
}

/**
 * Connects to permitted addresses only: a host name is resolved once, every address is checked, and a checked address
 * is connected to. IP literals skip the lookup, so the caller must pass the URL to `checkUrl` first.
 */
export function guardedConnect(addresses: Addresses, resolve: Resolve, timeoutMs: number): Connect {
  const open = connectorWith(lookupWith(resolve, addressFilter("public", addresses)), timeoutMs);
  const restricted = connectorWith(lookupWith(resolve, addressFilter("restricted", addresses)), timeoutMs);
  return (options, callback) => (isRestricted(options) ? restricted : open)(options, callback);
}

/** Connects to any address. */
export function unguardedConnect(resolve: Resolve, timeoutMs: number): Connect {
  return connectorWith(
    lookupWith(resolve, () => true),
    timeoutMs,
  );
}

/** HTTP/1.1 only: on HTTP/2, undici may send a request again after a GOAWAY. */
function connectorWith(lookup: LookupFunction, timeoutMs: number): Connect {
  return buildConnector({ timeout: timeoutMs, allowH2: false, lookup });
}

function lookupWith(resolve: Resolve, permitted: (address: string) => boolean): LookupFunction {
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

function addressFilter(origin: Origin | "public" | "restricted", addresses: Addresses): (address: string) => boolean {
  const restricted = typeof origin === "string" ? origin === "restricted" : isRestricted(origin);
  return (address) => addresses.isAllowedPrivate(address) || (!restricted && addresses.isPublic(address));
}

/** An origin other than https on port 443 at a public name: only an explicitly allowed private address may serve it. */
function isRestricted(origin: Origin): boolean {
  return restrictionOf(origin) !== "";
}

function restrictionOf({ protocol, hostname, port }: Origin): string {
  if (protocol !== "https:") return ` by ${protocol}//`;
  if (port !== "" && port !== "443") return ` on port ${port}`;
  return isIP(withoutBrackets(hostname)) === 0 && isInternalName(hostname) ? " (an internal name)" : "";
}

function isInternalName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, "");
  return !name.includes(".") || /\.(localhost|local|internal|localdomain|lan|home|corp|intranet|arpa)$/.test(name);
}

/** The host without the brackets of an IPv6 URL. */
function withoutBrackets(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function blocked(what: string): EgressError {
  return new EgressError("blocked", `Not allowed to connect: ${what}`, { sent: false, code: "BLOCKED" });
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [address: Address, prefix: number];

/** The permitted addresses: public ones, and private ones in the allowed ranges. */
export interface Addresses {
  isPublic(address: string): boolean;
  isAllowedPrivate(address: string): boolean;
  /** False if no private range is allowed. */
  readonly anyAllowedPrivate: boolean;
}

/** In a public range, but private: Azure serves metadata and keys of its machines from it. */
const azureWireServer = "168.63.129.16";
/** The only globally routed block of IPv6; others (NAT64, v4-compatible, discard …) are refused. */
const globalUnicast: Range = [ipaddr.IPv6.parse("2000::"), 3];

/** Parses the allowed ranges; throws a TypeError for anything but CIDR. */
export function readAddresses(allowPrivate: readonly string[]): Addresses {
  const allowed = allowPrivate.map(readRange);
  return {
    anyAllowedPrivate: allowed.length > 0,
    isPublic: (text) => isPublic(parse(text)),
    isAllowedPrivate: (text) => {
      const address = parse(text);
      return address !== undefined && allowed.some((range) => contains(range, address));
    },
  };
}

function readRange(cidr: string): Range {
  try {
    return ipaddr.parseCIDR(cidr);
  } catch (cause) {
    throw new TypeError(`allowPrivate: "${cidr}" is not a CIDR range such as 10.0.0.0/8`, { cause });
  }
}

/** A v4-mapped IPv6 address counts as its IPv4 address. */
function parse(text: string): Address | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

function isPublic(address: Address | undefined): boolean {
  if (address === undefined || address.range() !== "unicast") return false;
  return address.kind() === "ipv4" ? address.toString() !== azureWireServer : contains(globalUnicast, address);
}

function contains([network, prefix]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, prefix);
}
