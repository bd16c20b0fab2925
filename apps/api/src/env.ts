import { resolve } from "node:path";
import { redisUrl } from "@reelqueue/contracts";
import { type LogLevel, StartError } from "@reelqueue/runtime";
import { z } from "zod";

const variables = z.object({
  REDIS_URL: redisUrl.default("redis://127.0.0.1:6379"),
  REELQUEUE_HOME: z.string().default(".reelqueue"),
  REELQUEUE_CONFIG: z.string().default("reelqueue.config.json"),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3_100),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
});

export interface ApiEnv {
  redisUrl: string;
  home: string;
  configPath: string;
  host: string;
  port: number;
  publicUrl?: string;
  logLevel: LogLevel;
  /** The variables in which the configuration finds its secrets. */
  env: NodeJS.ProcessEnv;
}

/** The settings of this process from the environment. Throws one StartError that names every wrong variable. */
export function readEnv(env: NodeJS.ProcessEnv = process.env): ApiEnv {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = variables.safeParse(filled);
  if (!parsed.success) {
    throw new StartError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"));
  }
  const { data } = parsed;
  return {
    redisUrl: data.REDIS_URL,
    home: resolve(data.REELQUEUE_HOME),
    configPath: resolve(data.REELQUEUE_CONFIG),
    host: data.HOST,
    port: data.PORT,
    ...(data.PUBLIC_URL !== undefined && { publicUrl: data.PUBLIC_URL }),
    logLevel: data.LOG_LEVEL,
    env,
  };
}
