import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";

/** A task id as it is, and as it stands in an answer: a text in JSON, or bare digits. */
export interface OddId {
  plain: string;
  json: string;
}

export interface RenamingProxy extends AsyncDisposable {
  url: string;
}

/** Stands before the simulator and gives its tasks other ids: in its answers, and back again in the addresses of requests. */
export async function startRenamingProxy(target: string, nextId: () => OddId): Promise<RenamingProxy> {
  const known = new Map<string, { theirs: string; ours: OddId }>();
  const server = createServer(async (incoming, outgoing) => {
    const { method, url = "" } = incoming;
    const { "content-length": _, ...headers } = incoming.headers;
    const body = await text(incoming);
    const written = idIn(url);
    const asked = known.get(decodeURIComponent(written));
    const path = asked ? url.replace(written, () => asked.theirs) : url;
    const passedOn = request(`${target}${path}`, { method, headers }, async (answer) => {
      const said = await text(answer);
      const made = method === "POST" ? idMade(said) : undefined;
      const about = made === undefined ? asked : { theirs: made, ours: nextId() };
      if (made !== undefined && about) known.set(about.ours.plain, about);
      const shown = about ? said.replaceAll(`"${about.theirs}"`, () => about.ours.json) : said;
      outgoing.writeHead(answer.statusCode ?? 502, { "content-type": "application/json" }).end(shown);
    });
    passedOn.on("error", () => outgoing.destroy());
    passedOn.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The id that a look asks for, as it is written: its parameter, or the last part of its path. */
function idIn(url: string): string {
  return /[?&]task_id=([^&]*)/.exec(url)?.[1] ?? /([^/?]*)(?:\?.*)?$/.exec(url)?.[1] ?? "";
}

/** The id of a task that was just made; every vendor has it under one of these names. */
function idMade(answer: string): string | undefined {
  return /"(?:id|taskId|task_id)":"([^"]+)"/.exec(answer)?.[1];
}
