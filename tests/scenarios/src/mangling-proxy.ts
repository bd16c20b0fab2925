import { createHash } from "node:crypto";
import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface ManglingProxy extends AsyncDisposable {
  url: string;
  /** How many answers of each provider are mangled, by the first part of its paths. */
  mangled: ReadonlyMap<string, number>;
}

/** One request as the proxy understands it. `row` is the marker of the row it is about; a list is about no row. */
interface Question {
  row: string;
  /** `create`: a POST. `poll`: a question by task id. `lost`: a question by our own id, or a list. */
  kind: "create" | "poll" | "lost";
  /** How often this question was asked before. */
  nth: number;
}

/**
 * Passes requests on to the simulator and mangles some of its answers on their way back: the request has taken effect, only the answer is lost.
 * What is mangled, and how, follows from the seed, the row and the question alone, so that the order of requests changes nothing.
 */
export async function startManglingProxy(target: string, seed: number): Promise<ManglingProxy> {
  const counts = new Map<string, number>();
  const reader = questionReader();
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url ?? "";
    const sent = (await buffer(incoming)).toString();
    const passedOn = request(
      `${target}${path}`,
      { method: incoming.method, headers: incoming.headers },
      async (answer) => {
        const real = await buffer(answer);
        const question = answer.statusCode === 200 ? reader(path, sent, real.toString()) : undefined;
        const wrong = question !== undefined && isMangled(seed, question);
        const name = path.split("/")[1] ?? "";
        if (wrong) counts.set(name, (counts.get(name) ?? 0) + 1);
        const body = wrong ? mangled(real, picker(seed, Object.values(question).join(" "))) : real;
        const headers = { ...answer.headers, "content-length": String(body.length) };
        outgoing.writeHead(answer.statusCode ?? 502, headers).end(body);
      },
    );
    passedOn.on("error", () => outgoing.destroy());
    passedOn.end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    mangled: counts,
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Of creates a third is mangled, each once; of polls five in six, of questions after a lost create every third, so never many in a row. */
function isMangled(seed: number, { row, kind, nth }: Question): boolean {
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

/** Learns from each create which ids stand for its row: those that it sent and those that the provider answered. */
function questionReader(): (path: string, sent: string, answer: string) => Question | undefined {
  const rows = new Map<string, Pick<Question, "row" | "kind">>();
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

/** The values of all fields of a JSON text whose name ends in "id". */
function idsIn(text: string): string[] {
  return [...text.matchAll(/id"\s*:\s*"([^"]+)"/gi)].map(([, id = ""]) => id);
}

const numberOf = (text: string): number => createHash("sha1").update(text).digest().readUInt32BE();

/** Mulberry32, a small seeded generator: chooses a number below its argument. */
function picker(seed: number, name: string): (below: number) => number {
  let state = numberOf(`${seed} ${name}`);
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Ways in which an answer can be wrong; `pick` chooses a number below its argument. */
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

/** One value somewhere inside is gone or of another type. An id becomes none rather than another one: that would be a lie, not a malformed answer. */
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
