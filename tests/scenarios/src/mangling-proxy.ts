import { createHash } from "node:crypto";
import { seededNumbers } from "@reelqueue/testing";
import { startAnswerProxy } from "./answer-proxy.ts";

/** One request. `row`: the marker of its row; for a list, its path. */
interface ProviderRequest {
  row: string;
  /**
   * `create`: a POST. `poll`: by task id. `lost`: the search for the task of a lost POST, by client id or in a list.
   */
  kind: "create" | "poll" | "lost";
  /** How often this request was made before. */
  nth: number;
}

/**
 * Proxy to the simulator that mangles some answers: the request has taken effect, only its answer is damaged. Which
 * answers are mangled, and how, depends only on the seed, the row and the request, not on the order of requests.
 */
export async function startManglingProxy(target: string, seed: number) {
  const counts = new Map<string, number>();
  const reader = requestReader();
  const proxy = await startAnswerProxy(target, {
    answer: ({ path, body, status }, real) => {
      const asked = status === 200 ? reader(path, body, real.toString()) : undefined;
      if (asked === undefined || !isMangled(seed, asked)) return real;
      const name = path.split("/")[1] ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return mangled(real, picker(seed, Object.values(asked).join(" ")));
    },
  });
  /** `mangled`: number of mangled answers by provider (the first part of the path). */
  return { ...proxy, mangled: counts as ReadonlyMap<string, number> };
}

/** A third of the creates, once each; five of six polls; every third look-up, so never many in a row. */
function isMangled(seed: number, { row, kind, nth }: ProviderRequest): boolean {
  const turn = nth + numberOf(`${seed} ${row}`);
  switch (kind) {
    case "create":
      return nth === 0 && turn % 3 === 0;
    case "poll":
      return turn % 6 !== 0;
    case "lost":
      return turn % 3 === 0;
  }
}

/** Learns from each create the ids of its row: those sent and those in the answer. */
function requestReader(): (path: string, sent: string, answer: string) => ProviderRequest | undefined {
  const rows = new Map<string, Pick<ProviderRequest, "row" | "kind">>();
  const asked = new Map<string, number>();
  return (path, sent, answer) => {
    if (path.startsWith("/files/")) return undefined;
    const marker = /\[\[marker:([^\]]+)\]\]/.exec(sent)?.[1];
    if (marker !== undefined) {
      for (const id of idsIn(sent)) rows.set(id, { row: marker, kind: "lost" });
      for (const id of idsIn(answer)) if (!rows.has(id)) rows.set(id, { row: marker, kind: "poll" });
    }
    const { pathname, searchParams } = new URL(path, "http://127.0.0.1");
    const named = [...pathname.split("/"), ...searchParams.values()].find((part) => rows.has(part)) ?? "";
    const list = { row: pathname, kind: "lost" } as const;
    const about = marker === undefined ? (rows.get(named) ?? list) : ({ row: marker, kind: "create" } as const);
    const key = `${about.row} ${about.kind}`;
    const nth = asked.get(key) ?? 0;
    asked.set(key, nth + 1);
    return { ...about, nth };
  };
}

/** The values of all JSON fields whose name ends in "id". */
function idsIn(text: string): string[] {
  return [...text.matchAll(/id"\s*:\s*"([^"]+)"/gi)].map(([, id = ""]) => id);
}

const numberOf = (text: string): number => createHash("sha1").update(text).digest().readUInt32BE();

/** Returns a number below its argument. */
function picker(seed: number, name: string): (below: number) => number {
  const next = seededNumbers(numberOf(`${seed} ${name}`));
  return (below) => Math.floor(next() * below);
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Damages an answer; `pick` returns a number below its argument. */
function mangled(body: Buffer, pick: (below: number) => number): Buffer {
  const whole = body.toString();
  const wrong = [
    () => "",
    () => "<html><body>502 Bad Gateway</body></html>",
    () => whole.slice(0, Math.floor(whole.length / 2)),
    () => `${whole}${whole}`,
    () => "null",
    () => "[]",
    () => '{"message":"internal error"}',
    () => '{"code":500,"message":"failed","data":null}',
    () => '{"error":{"code":"internal_error","message":"try later"}}',
    () => `\u{feff}${whole}`,
    () => JSON.stringify(twisted(JSON.parse(whole) as Json, pick)),
    () => JSON.stringify(twisted(JSON.parse(whole) as Json, pick)),
    () => JSON.stringify(twisted(JSON.parse(whole) as Json, pick)),
  ];
  const text = (wrong[pick(wrong.length)] ?? (() => ""))();
  return pick(20) === 0 ? Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0x00])]) : Buffer.from(text);
}

/** Removes one value or changes its type. An id never becomes another id: that would be a valid but wrong answer. */
function twisted(value: Json, pick: (below: number) => number, name = ""): Json {
  if (/id$/i.test(name)) return [null, "", [], {}][pick(4)] ?? null;
  if (typeof value !== "object" || value === null) return [null, 7, "", [], {}, true, 1e300, "\u0000"][pick(8)] ?? null;
  if (Array.isArray(value))
    return value.length === 0 || pick(3) === 0 ? [] : value.map((item, i) => (i === 0 ? twisted(item, pick) : item));
  const keys = Object.keys(value);
  const key = keys[pick(Math.max(1, keys.length))];
  if (key === undefined) return [];
  const { [key]: inner = null, ...rest } = value;
  return pick(3) === 0 ? rest : { ...rest, [key]: twisted(inner, pick, key) };
}
