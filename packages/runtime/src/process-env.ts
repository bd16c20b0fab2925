import { resolve } from "node:path";
import { redisUrl, withoutPassword } from "@reelqueue/contracts";
import { z } from "zod";
import { StartError } from "./start-error.ts";

const portForm = "a whole number from 0 to 65535";
const port = z.coerce.number(portForm).int(portForm).min(0, portForm).max(65_535, portForm);
const countForm = "a whole number above 0";
const count = z.coerce.number(countForm).int(countForm).positive(countForm);

/** The variables that every process of the system reads. */
const common = {
  REDIS_URL: redisUrl.default("redis://127.0.0.1:6379"),
  REELQUEUE_HOME: z.string().default(".reelqueue"),
  REELQUEUE_CONFIG: z.string().default("reelqueue.config.json"),
  HOST: z.string().default("127.0.0.1"),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
};

/** The variables of a worker process; its health has a port of its own. */
export function readWorkerEnv(env: Variables, healthPort: number) {
  const read = readVariables(env, { ...common, HEALTH_PORT: port.default(healthPort) });
  return {
    ...installation(read, env),
    health: { host: read.HOST, port: read.HEALTH_PORT, variable: "HEALTH_PORT" },
  };
}

/** The variables of a process that serves HTTP. */
export function readServerEnv(env: Variables, serverPort: number) {
  const read = readVariables(env, { ...common, PORT: port.default(serverPort) });
  return {
    ...installation(read, env),
    host: read.HOST,
    port: read.PORT,
  };
}

/** A whole number above 0 from one variable. */
export function readCount(env: Variables, name: string, otherwise: number): number {
  return readVariables(env, { [name]: count.default(otherwise) })[name] ?? otherwise;
}

type Variables = Readonly<Record<string, string | undefined>>;

function installation(read: z.output<z.ZodObject<typeof common>>, env: Variables) {
  return {
    redisUrl: read.REDIS_URL,
    home: resolve(read.REELQUEUE_HOME),
    configPath: resolve(read.REELQUEUE_CONFIG),
    /** A file that is named is there; one in the working folder may be absent. */
    configRequired: Boolean(env.REELQUEUE_CONFIG?.trim()),
    ...(read.PUBLIC_URL !== undefined && { publicUrl: read.PUBLIC_URL }),
    logLevel: read.LOG_LEVEL,
    /** The environment, from which the secrets that the configuration names are read. */
    env,
  };
}

/** Reads variables by a schema; an empty variable counts as not set. Throws one StartError that lists every wrong variable. */
function readVariables<Shape extends z.ZodRawShape>(env: Variables, shape: Shape): z.output<z.ZodObject<Shape>> {
  const given = Object.fromEntries(Object.keys(shape).map((name) => [name, env[name]?.trim() || undefined]));
  const result = z.object(shape).safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) =>
      `${path.join(".")} is "${withoutPassword(given[String(path[0])] ?? "")}": ${message}; correct it or leave it out`,
  );
  throw new StartError(problems.join("\n"));
}
