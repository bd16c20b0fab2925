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
    if (!permitted(host)) throw blocked(`address ${host}${restrictionOf(url)}`, remedyFor(host, url));
  } else if (isRestricted(url, addresses) && !addresses.anyAllowedPrivate) {
    throw blocked(
      `${url.origin}${restrictionOf(url)}`,
      isInternalName(host) ? allowPrivate(`<range of ${host}>`) : allowHosts(url),
    );
  }
}

/**
 * Connects to permitted addresses only: a host name is resolved once, every address is checked, and a checked address
 * is connected to. IP literals skip the lookup, so the caller must pass the URL to `checkUrl` first.
 */
export function guardedConnect(addresses: Addresses, resolve: Resolve, timeoutMs: number): Connect {
  const connector = (origin: "public" | "restricted") =>
    connectorWith(lookupWith(resolve, addressFilter(origin, addresses)), timeoutMs);
  const [open, restricted] = [connector("public"), connector("restricted")];
  return (options, callback) => (isRestricted(options, addresses) ? restricted : open)(options, callback);
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
        if (refused) callback(blocked(`${hostname} leads to ${refused.address}`, remedyFor(refused.address)), "");
        else if (!first) callback(Object.assign(new Error(`${hostname} has no address`), { code: "ENOTFOUND" }), "");
        else if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };
}

function addressFilter(origin: Origin | "public" | "restricted", addresses: Addresses): (address: string) => boolean {
  const restricted = typeof origin === "string" ? origin === "restricted" : isRestricted(origin, addresses);
  return (address) => addresses.isAllowedPrivate(address) || (!restricted && addresses.isPublic(address));
}

/**
 * An origin other than https on port 443 at a public name, and not allowed by name: only an explicitly allowed private
 * address may serve it.
 */
function isRestricted(origin: Origin, addresses: Addresses): boolean {
  return restrictionOf(origin) !== "" && !addresses.isAllowedOrigin(origin);
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

/** `remedy`: the setting that would permit it. */
function blocked(what: string, remedy?: string): EgressError {
  const message = `Not allowed to connect: ${what}${remedy === undefined ? "" : `; to allow it, set ${remedy}`}`;
  return new EgressError("blocked", message, { sent: false, code: "BLOCKED" });
}

/** A public address is refused for its port or scheme only; `url` is known where the address is in it. */
function remedyFor(host: string, url?: URL): string | undefined {
  const address = parse(host);
  if (isPublic(address)) return url === undefined ? '"allowHosts"' : allowHosts(url);
  if (address === undefined) return undefined;
  return allowPrivate(
    contains(fakeIps, address) ? fakeIps.join("/") : `${host}/${address.kind() === "ipv4" ? 32 : 128}`,
  );
}

function allowPrivate(range: string): string {
  return `"allowPrivate": ["${range}"]`;
}

function allowHosts({ protocol, host }: URL): string {
  return `"allowHosts": ["${protocol === "https:" ? "" : `${protocol}//`}${host}"]`;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [address: Address, prefix: number];

/** The permitted addresses: public ones, private ones in the allowed ranges, and public ones of the allowed origins. */
export interface Addresses {
  isPublic(address: string): boolean;
  isAllowedPrivate(address: string): boolean;
  /** Whether public addresses may serve it though its port, scheme or name is not public. */
  isAllowedOrigin(origin: Origin): boolean;
  /** False if no private range is allowed. */
  readonly anyAllowedPrivate: boolean;
}

/** In a public range, but private: Azure serves metadata and keys of its machines from it. */
const azureWireServer = "168.63.129.16";
/** Many proxies that catch all traffic of a machine answer its DNS with addresses from this range. */
const fakeIps: Range = [ipaddr.IPv4.parse("198.18.0.0"), 15];
/** DNS64 writes an IPv4 address into the last 32 bits. */
const dns64: Range = [ipaddr.IPv6.parse("64:ff9b::"), 96];
/** The only globally routed block of IPv6; others (v4-compatible, discard …) are refused. */
const globalUnicast: Range = [ipaddr.IPv6.parse("2000::"), 3];

/** Parses the allowed ranges and hosts; throws a TypeError for anything but CIDR, or `host:port` and `http://host`. */
export function readAddresses(allowPrivate: readonly string[], allowHosts: readonly string[] = []): Addresses {
  const allowed = allowPrivate.map(readRange);
  const origins = new Set(allowHosts.map(readOrigin));
  return {
    anyAllowedPrivate: allowed.length > 0,
    isPublic: (text) => isPublic(parse(text)),
    isAllowedOrigin: ({ protocol, hostname, port }) =>
      origins.has(URL.parse(`${protocol}//${hostname}${port === "" ? "" : `:${port}`}`)?.origin ?? ""),
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

function readOrigin(entry: string): string {
  const url = URL.parse(entry.includes("://") ? entry : `https://${entry}`);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new TypeError(`allowHosts: "${entry}" is not a host such as cdn.example.com:8443`);
  return url.origin;
}

/** An IPv6 address that maps or, by DNS64, holds an IPv4 address counts as that. */
function parse(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return contains(dns64, address) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address;
}

function isPublic(address: Address | undefined): boolean {
  if (address === undefined || address.range() !== "unicast") return false;
  return address.kind() === "ipv4" ? address.toString() !== azureWireServer : contains(globalUnicast, address);
}

function contains([network, prefix]: Range, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, prefix);
}
