import type { Installation } from "@reelqueue/pipeline";
import { portProblem } from "@reelqueue/runtime";
import { createApp } from "./app.ts";

export interface ServedApi extends AsyncDisposable {
  url: string;
}

/** A reader who has stopped reading may not keep the process from ending. */
const closeWithinMs = 10_000;

/** Serves the API; closing it lets requests under way end. Throws a StartError when the port is taken. */
export async function serveApi(
  installation: Installation,
  { host, port }: { host: string; port: number },
): Promise<ServedApi> {
  const app = await createApp(installation);
  const listenTextResolver = (address: string) => `the API is at ${address}`;
  const url = await app.listen({ host, port, listenTextResolver }).catch((error: unknown) => {
    throw portProblem(error, port, "PORT");
  });
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const timer = setTimeout(() => app.server.closeAllConnections(), closeWithinMs);
      await app.close().finally(() => clearTimeout(timer));
    },
  };
}
