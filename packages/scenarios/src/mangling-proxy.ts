import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface ManglingProxy extends AsyncDisposable {
  url: string;
  /** How many answers of each provider, by the first part of its paths. */
  mangled: ReadonlyMap<string, number>;
}

/** What becomes of the answer to a request; undefined: it stays as it is. */
export type Choose = (path: string, sent: string) => ((body: Buffer) => Buffer) | undefined;

/** Passes requests on to the twin and mangles some of its answers on their way back: what was done is done, only the word of it is lost. */
export async function startManglingProxy(target: string, choose: Choose): Promise<ManglingProxy> {
  const counts = new Map<string, number>();
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const passedOn = request(
      `${target}${incoming.url}`,
      { method: incoming.method, headers: incoming.headers },
      async (answer) => {
        const real = await buffer(answer);
        const mangle = answer.statusCode === 200 ? choose(incoming.url ?? "", body.toString()) : undefined;
        const name = incoming.url?.split("/")[1] ?? "";
        if (mangle) counts.set(name, (counts.get(name) ?? 0) + 1);
        const sent = mangle ? mangle(real) : real;
        const headers = { ...answer.headers, "content-length": String(sent.length) };
        outgoing.writeHead(answer.statusCode ?? 502, headers).end(sent);
      },
    );
    passedOn.on("error", () => outgoing.destroy());
    passedOn.end(body);
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

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Ways in which an answer can be wrong; `pick` chooses a number below its argument. */
export function mangled(body: Buffer, pick: (below: number) => number): Buffer {
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
