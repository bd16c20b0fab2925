import { mkdtempDisposableSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf } from "./home.ts";
import { SystemError } from "./machine.ts";
import { freePort } from "./ports.ts";
import { isHealthy, type ProcessSpec } from "./process/process.ts";
import type { Redis } from "./redis/server.ts";

/** A process of a system: an entry file that answers `/healthz` at PORT or HEALTH_PORT of its variables, else at a free port. */
export interface Member {
  name: string;
  entry: string;
  env: NodeJS.ProcessEnv;
  /** Of Node. */
  flags?: readonly string[];
}

export interface MemberProcess extends ProcessSpec {
  /** Base URL of its routes or, for a worker, of its health. */
  url: string;
}

/** What a system does with a process that it started. */
interface Running {
  ready(): Promise<void>;
  kill(signal: "SIGKILL"): void;
  stop(): Promise<unknown>;
}

type AnyRedis = Pick<Redis, "url" | "stop">;

export interface SystemOptions<Started extends AnyRedis> {
  /** Folder of the logs and of everything that is stored; default: a temporary one, which the stop removes. */
  home?: string;
  startRedis(home: string): Promise<Started>;
  /** Aborted: the start is abandoned and every started process is stopped. */
  signal?: AbortSignal | undefined;
}

/** Starts Redis, then what `begin` starts; if that rejects, stops all. The signal is heard until then. */
export async function startSystem<Started extends AnyRedis, Result>(
  { home, startRedis, signal }: SystemOptions<Started>,
  begin: (system: System<Started>) => Promise<Result>,
): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  const folder = home ?? opened.use(mkdtempDisposableSync(join(tmpdir(), "reelqueue-system-"))).path;
  const redis = await startRedis(folder);
  opened.defer(() => redis.stop());
  const system = systemOf(redis, folder, opened.move());
  const giveUp = () => void system.stop();
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted) giveUp();
  try {
    return await begin(system);
  } catch (error) {
    await system.stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/** A Redis and the processes that use it. */
export type System<Started extends AnyRedis> = ReturnType<typeof systemOf<Started>>;

function systemOf<Started extends AnyRedis>(redis: Started, home: string, scope: AsyncDisposableStack) {
  const groups: Running[][] = [];
  let stopped: Promise<void> | undefined;
  const system = {
    redis,
    home,
    /** What else ends with the system: after its processes, before Redis. */
    scope,
    /** Runs each member as a process; resolves once all are healthy. A stop ends them together, before those started earlier. */
    start: async <const Members extends readonly Member[], Process extends Running>(
      members: Members,
      run: (process: MemberProcess, member: Members[number]) => Process,
    ): Promise<{ [Place in keyof Members]: Process }> => {
      const env = { REDIS_URL: redis.url };
      const processes = await Promise.all(
        members.map((member) => memberProcess({ ...member, env: { ...env, ...member.env } }, home)),
      );
      if (stopped !== undefined) throw new SystemError("stopped while it started");
      const group = processes.map((process, i) => run(process, members[i] as Members[number]));
      groups.push(group);
      await Promise.all(group.map((each) => each.ready()));
      return group as unknown as { [Place in keyof Members]: Process };
    },
    /** Stops the processes, the last started first, then Redis. */
    stop: () => {
      stopped ??= stopInOrder(groups, scope);
      return stopped;
    },
    /** Kills all processes, also during a `stop`; Redis is still stopped in order. */
    kill: () => {
      for (const each of groups.flat()) each.kill("SIGKILL");
    },
    [Symbol.asyncDispose]: async () => {
      system.kill();
      await system.stop();
    },
  };
  return system;
}

async function stopInOrder(groups: readonly Running[][], scope: AsyncDisposableStack): Promise<void> {
  for (const group of groups.toReversed()) await Promise.all(group.map((each) => each.stop()));
  await scope.disposeAsync();
}

/** The process of a member, with its files in the home folder. */
export async function memberProcess({ name, entry, env, flags = [] }: Member, home: string): Promise<MemberProcess> {
  const port = env.HEALTH_PORT ?? env.PORT ?? `${await freePort()}`;
  const url = `http://127.0.0.1:${port}`;
  return {
    name,
    url,
    command: process.execPath,
    args: [...flags, entry],
    env: { HOST: "127.0.0.1", PORT: port, HEALTH_PORT: port, ...env },
    ...filesOf(home, name),
    ready: () => isHealthy(url),
  };
}
