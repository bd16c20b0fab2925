import Fastify from "fastify";
import { serveControl } from "./control.ts";
import { mountVendor } from "./endpoints.ts";
import { serveFiles } from "./files.ts";
import { type Settings, type SimulatorOptions, simulatorOptions } from "./options.ts";
import { Simulation } from "./simulation.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { vendors } from "./vendors/index.ts";

export type { SimulatorOptions } from "./options.ts";

/** A running simulator. */
export type Simulator = Awaited<ReturnType<typeof startSimulator>>;

/** Resolves when the simulator listens. The same options and prompts give the same outcomes in every run. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const settings = simulatorOptions.parse(options);
  rejectUnknownVendors(settings);
  const simulation = new Simulation(settings, vendors);
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 2_048 },
  });
  for (const vendor of vendors) await mountVendor(app, simulation, vendor);
  serveFiles(app, simulation);
  serveControl(app, simulation);
  /** Without a trailing slash; each vendor API is below it, for example `/hiapi`. */
  const url = (await app.listen({ port: settings.port, host: settings.host })).replace("[::]", "[::1]");
  simulation.outputs.baseUrl = settings.publicUrl?.replace(/\/+$/, "") ?? url;
  restoreSnapshot(simulation, settings.snapshot);
  /** Stops the server and cancels everything pending; idempotent. */
  const close = async (): Promise<void> => {
    await app.close();
    await simulation.close();
  };
  return { url, port: Number(new URL(url).port), close, [Symbol.asyncDispose]: close };
}

function rejectUnknownVendors({ limits }: Settings): void {
  if (limits === "off") return;
  const names = vendors.map(({ name }) => name);
  const unknown = Object.keys(limits).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`limits: unknown vendor ${unknown.join(", ")}; known: ${names.join(", ")}`);
}
