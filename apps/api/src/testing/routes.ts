import type { Installation } from "@reelqueue/pipeline";
import { createMetrics } from "@reelqueue/runtime";
import { createApp } from "../server.ts";

/** Every route, as `GET /v1/accounts`, without HEAD. */
export async function routesOf(installation: Installation): Promise<string[]> {
  const app = await createApp({ ...installation, metrics: createMetrics() });
  await app.ready();
  const routes: string[] = [];
  for (const path of pathsIn(app.printRoutes({ commonPrefix: false }))) {
    // no route takes PATCH, so the answer lists the methods that it takes
    const { allow = "" } = (await app.inject({ method: "PATCH", url: path })).headers;
    const methods = `${allow}`.split(", ").filter((method) => method !== "HEAD" && method !== "");
    routes.push(...methods.map((method) => `${method} ${path}`));
  }
  await app.close();
  return routes;
}

/** Whole paths from a tree in which each line holds one more segment, indented by four characters per level. */
function pathsIn(tree: string): string[] {
  const parts: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", part, methods] = /^(.*?)[└├]── (\S+)( \(.*\))?/.exec(line) ?? [];
    if (part === undefined) return [];
    parts.splice(indent.length / 4, parts.length, part);
    return methods === undefined ? [] : [parts.join("")];
  });
}
