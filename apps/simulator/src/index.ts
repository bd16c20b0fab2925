import Fastify, { type FastifyInstance } from "fastify";
import { serveControl } from "./control.ts";
import { mountVendor } from "./endpoints.ts";
import { serveFiles } from "./files.ts";
import { type Settings, type SimulatorOptions, simulatorOptions } from "./options.ts";
import { Simulation } from "./simulation.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { vendors } from "./vendors/index.ts";

export type { SimulatorOptions } from "./options.ts";

/** A running simulator. */
export interface Simulator extends AsyncDisposable {
  /** Without a trailing slash; each vendor API is below it, for example `/hiapi`. */
  url: string;
  port: number;
  /** Stops the server and cancels everything pending; idempotent. */
  close(): Promise<void>;
}

/** Resolves when the simulator listens. The same options and prompts give the same outcomes in every run. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
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
  await app.listen({ port: settings.port, host: settings.host });
  const port = portOf(app);
  const url = `http://${reachable(settings.host)}:${port}`;
  simulation.outputs.baseUrl = settings.publicUrl?.replace(/\/+$/, "") ?? url;
  restoreSnapshot(simulation, settings.snapshot);
  const close = async (): Promise<void> => {
    await app.close();
    await simulation.close();
  };
  return { url, port, close, [Symbol.asyncDispose]: close };
}

function rejectUnknownVendors({ limits }: Settings): void {
  if (limits === "off") return;
  const names = vendors.map(({ name }) => name);
  const unknown = Object.keys(limits).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`limits: unknown vendor ${unknown.join(", ")}; known: ${names.join(", ")}`);
}

function portOf(app: FastifyInstance): number {
  const [address] = app.addresses();
  if (typeof address !== "object") throw new Error("the simulator listens but has no port");
  return address.port;
}

/** The host to connect to for a host to listen on. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
