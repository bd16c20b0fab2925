import type { Installation } from "@reelqueue/pipeline";
import { portProblem } from "@reelqueue/runtime";
import { createApp } from "./app.ts";

export interface ServedApi extends AsyncDisposable {
  url: string;
}

/** Serves the API; closing it lets requests under way end. Throws a StartError when the port is taken. */
export async function serveApi(
  installation: Installation,
  { host, port }: { host: string; port: number },
): Promise<ServedApi> {
  const app = await createApp(installation);
  const url = await app
    .listen({ host, port, listenTextResolver: (address) => `the API is at ${address}` })
    .catch((error: unknown) => {
      throw portProblem(error, port, "PORT");
    });
  return { url, [Symbol.asyncDispose]: () => app.close() };
}
