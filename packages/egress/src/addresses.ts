import ipaddr from "ipaddr.js";

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
