import { resolve } from "node:path";
import { redisUrl } from "@reelqueue/contracts";
import { type LogLevel, StartError } from "@reelqueue/runtime";

const logLevels: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** The settings of this process from the environment. Throws one StartError that names every wrong variable. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  const port = Number(text(env.PORT) ?? 3101);
  const viewer = credentials(env.DASHBOARD_VIEWER_USER, env.DASHBOARD_VIEWER_PASSWORD);
  const logLevel = logLevels.find((level) => level === (text(env.LOG_LEVEL) ?? "info"));
  const problems: string[] = [];
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    problems.push(`PORT must be a number from 0 to 65535, not "${env.PORT}"`);
  }
  const url = redisUrl.safeParse(text(env.REDIS_URL) ?? "redis://127.0.0.1:6379");
  if (!url.success) problems.push(`REDIS_URL is not a Redis URL: ${url.error.issues[0]?.message}`);
  if (!logLevel) problems.push(`LOG_LEVEL must be one of ${logLevels.join(", ")}, not "${env.LOG_LEVEL}"`);
  if (viewer === "half") problems.push("set both DASHBOARD_VIEWER_USER and DASHBOARD_VIEWER_PASSWORD, or neither");
  if (problems.length > 0) throw new StartError(problems.join("\n"));
  return {
    redisUrl: url.data ?? "",
    home: resolve(text(env.REELQUEUE_HOME) ?? ".reelqueue"),
    configPath: resolve(text(env.REELQUEUE_CONFIG) ?? "reelqueue.config.json"),
    host: text(env.HOST) ?? "127.0.0.1",
    port,
    logLevel: logLevel ?? "info",
    operator: { user: text(env.DASHBOARD_USER) ?? "admin", password: text(env.DASHBOARD_PASSWORD) },
    ...(typeof viewer === "object" && { viewer }),
    env,
  };
}

export type Env = ReturnType<typeof readEnv>;

function credentials(user: string | undefined, password: string | undefined) {
  const given = { user: text(user), password: text(password) };
  if (given.user === undefined && given.password === undefined) return "none";
  if (given.user === undefined || given.password === undefined) return "half";
  return { user: given.user, password: given.password };
}

/** An empty variable counts as not set: a copied `.env.example` has many. */
function text(value: string | undefined): string | undefined {
  return value?.trim() || undefined;
}
