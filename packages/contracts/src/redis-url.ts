import { z } from "zod";

/** A parsed REDIS_URL. */
export type RedisAddress = { kind: "single"; url: string } | SentinelAddress | ClusterAddress;

interface Group {
  nodes: { host: string; port: number }[];
  tls: boolean;
  username?: string;
  password?: string;
}

export interface SentinelAddress extends Group {
  kind: "sentinel";
  /** Name of the primary at the Sentinels. */
  name: string;
  db: number;
  sentinelUsername?: string;
  sentinelPassword?: string;
}

export interface ClusterAddress extends Group {
  kind: "cluster";
}

/** The accepted forms, for error messages. */
const forms =
  "write redis://[user:password@]host:port[/database] (rediss:// with TLS; valkey:// and valkeys:// mean the same), redis+sentinel://[user:password@]host:port,host:port/<name of the primary>[?db=1] or redis+cluster://[user:password@]host:port,host:port";

/** Schema of REDIS_URL. */
export const redisUrl = z.string().refine((text) => parse(text) !== undefined, { error: forms });

/** Parses a REDIS_URL; throws an Error that lists the accepted forms. */
export function readRedisUrl(text: string): RedisAddress {
  const address = parse(text);
  if (address === undefined) throw new Error(`not the address of a Redis: ${forms}`);
  return address;
}

/** The URL with its credentials masked. */
export function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, "//***@").replace(/(password=)[^&]*/gi, "$1***");
}

const grouped = /^(?:redis|valkey)(s?)\+(sentinel|cluster):\/\/(?:(.*)@)?([^/?@]+)(\/[^?]*)?(\?.*)?$/;

function parse(text: string): RedisAddress | undefined {
  try {
    return parseForms(text);
  } catch (error) {
    // a login with a "%" that encodes nothing
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function parseForms(text: string): RedisAddress | undefined {
  const parts = grouped.exec(text);
  if (parts === null) return single(text);
  const [, secure, kind, login, hosts = "", path = "", query = ""] = parts;
  const nodes = hosts.split(",").map((host) => nodeOf(host, kind === "sentinel" ? 26_379 : 6_379));
  // one host replaces the list, so that WHATWG URL parses the rest
  const rest = `redis://${login === undefined ? "" : `${login}@`}all${path}${query}`;
  if (!URL.canParse(rest) || !nodes.every((node) => node !== undefined)) return undefined;
  const url = new URL(rest);
  const group = { nodes, tls: secure === "s", ...named("username", url.username), ...named("password", url.password) };
  return kind === "cluster" ? clusterOf(group, url) : sentinelOf(group, url);
}

function single(text: string): RedisAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, pathname, username, password } = new URL(text);
  const secure = /^(?:redis|valkey)(s?):$/.exec(protocol)?.[1];
  if (secure === undefined || hostname === "" || !/^(\/\d{0,5})?$/.test(pathname)) return undefined;
  for (const part of [username, password]) decodeURIComponent(part);
  // the Redis client knows these two schemes only
  return { kind: "single", url: `redis${secure}${text.slice(text.indexOf(":"))}` };
}

function nodeOf(text: string, otherwise: number): { host: string; port: number } | undefined {
  if (!URL.canParse(`redis://${text}`)) return undefined;
  const { hostname, port } = new URL(`redis://${text}`);
  return hostname === "" ? undefined : { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || otherwise) };
}

function clusterOf(group: Group, { pathname, search }: URL): ClusterAddress | undefined {
  // a Cluster has no numbered databases
  return pathname.length > 1 || search !== "" ? undefined : { kind: "cluster", ...group };
}

function sentinelOf(group: Group, { pathname, searchParams }: URL): SentinelAddress | undefined {
  const name = decodeURIComponent(pathname.slice(1));
  const db = searchParams.get("db") ?? "0";
  if (name === "" || name.includes("/") || !/^\d{1,5}$/.test(db)) return undefined;
  return {
    kind: "sentinel",
    ...group,
    name,
    db: Number(db),
    ...named("sentinelUsername", searchParams.get("sentinelUsername") ?? ""),
    ...named("sentinelPassword", searchParams.get("sentinelPassword") ?? ""),
  };
}

function named<Name extends string>(name: Name, value: string): Partial<Record<Name, string>> {
  if (value === "") return {};
  return { [name]: decodeURIComponent(value) } as Record<Name, string>;
}
