import { createServer, request } from "node:http";
import { text } from "node:stream/consumers";

/** A task id, and its form in a JSON answer: a string, or bare digits. */
export interface OddId {
  plain: string;
  json: string;
}

export interface RenamingProxy extends AsyncDisposable {
  url: string;
}

/** Proxy to the simulator that replaces task ids in answers, and restores them in request URLs. */
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
      const original = await text(answer);
      const created = method === "POST" ? createdIdIn(original) : undefined;
      const about = created === undefined ? asked : { theirs: created, ours: nextId() };
      if (created !== undefined && about) known.set(about.ours.plain, about);
      const shown = about ? original.replaceAll(`"${about.theirs}"`, () => about.ours.json) : original;
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

/** The task id in a poll URL, as encoded: a query parameter, or the last part of the path. */
function idIn(url: string): string {
  return /[?&]task_id=([^&]*)/.exec(url)?.[1] ?? /([^/?]*)(?:\?.*)?$/.exec(url)?.[1] ?? "";
}

/** The id of a created task; every vendor API uses one of these names. */
function createdIdIn(answer: string): string | undefined {
  return /"(?:id|taskId|task_id)":"([^"]+)"/.exec(answer)?.[1];
}
