import Fastify, { type FastifyInstance } from "fastify";
import { serveControl } from "./control.ts";
import { dialects } from "./dialects/index.ts";
import { serveFiles } from "./files.ts";
import { mount } from "./mount.ts";
import { type Settings, type SimulatorOptions, simulatorOptions } from "./options.ts";
import { adopt } from "./snapshot.ts";
import { World } from "./world.ts";

export type { Ledger } from "./bill.ts";
export { type FaultName, faultNames, type Rates } from "./faults.ts";
export type { SimulatorOptions } from "./options.ts";

/** A running simulator of the providers. */
export interface Simulator extends AsyncDisposable {
  /** Without a slash at its end; each provider is one folder below it, for example `/hiapi`. */
  url: string;
  port: number;
  /** What was asked for, with every default filled in. */
  options: Settings;
  /** Breaks off whatever is under way; may be called twice. */
  close(): Promise<void>;
}

/** Listens once it resolves. Every run with the same options and the same prompts deals the same fates. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settings = simulatorOptions.parse(options);
  refuseUnknownDialects(settings);
  const world = new World(settings, dialects);
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 2_048 },
  });
  for (const dialect of dialects) await mount(app, world, dialect);
  serveFiles(app, world);
  serveControl(app, world);
  await app.listen({ port: settings.port, host: settings.host });
  const port = portOf(app);
  const url = `http://${reachable(settings.host)}:${port}`;
  world.outputs.baseUrl = settings.publicUrl?.replace(/\/+$/, "") ?? url;
  adopt(world, settings.snapshot);
  const close = async (): Promise<void> => {
    await app.close();
    await world.close();
  };
  return { url, port, options: settings, close, [Symbol.asyncDispose]: close };
}

function refuseUnknownDialects({ limits }: Settings): void {
  if (limits === "off") return;
  const names = dialects.map(({ name }) => name);
  const unknown = Object.keys(limits).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`limits: no dialect ${unknown.join(", ")}; there are ${names.join(", ")}`);
}

function portOf(app: FastifyInstance): number {
  const [address] = app.addresses();
  if (typeof address !== "object") throw new Error("the simulator has no port although it listens");
  return address.port;
}

/** An address to listen on is not always one to connect to. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
