import { createServer, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "@reelqueue/testing";

/** A request, and the status of its real answer. */
export interface Asked {
  method: string;
  path: string;
  body: string;
  status: number;
}

/** What a proxy changes. */
export interface Changes {
  /** The path to ask for; default: the same. */
  path?(path: string): string;
  /** The body to answer. */
  answer(asked: Asked, real: Buffer): Buffer;
}

/** An HTTP proxy in front of the simulator that changes answers: their requests have taken effect. */
export async function startAnswerProxy(target: string, { path: pathOf, answer }: Changes) {
  const server = createServer(async (incoming, outgoing) => {
    const { method = "", url: path = "", headers } = incoming;
    const body = await buffer(incoming);
    const passedOn = request(`${target}${pathOf?.(path) ?? path}`, { method, headers });
    passedOn.on("error", () => outgoing.destroy());
    passedOn.on("response", async (real: IncomingMessage) => {
      const { statusCode: status = 502 } = real;
      const changed = answer({ method, path, body: body.toString(), status }, await buffer(real));
      outgoing.writeHead(status, { ...real.headers, "content-length": `${changed.length}` }).end(changed);
    });
    passedOn.end(body);
  });
  return await listen(server);
}
