import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf } from "./home.ts";
import { SystemError } from "./machine.ts";
import { freePort } from "./ports.ts";
import { isHealthy, type ProcessSpec } from "./process/process.ts";

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

interface RunningRedis {
  url: string;
  stop(): Promise<void>;
}

export interface SystemOptions<Redis extends RunningRedis> {
  /** Folder of the logs and of everything that is stored; default: a temporary one, which the stop removes. */
  home?: string;
  startRedis(home: string): Promise<Redis>;
  /** Aborted: the start is abandoned and every started process is stopped. */
  signal?: AbortSignal | undefined;
}

/** Starts Redis, then what `begin` starts; if that rejects, stops all. The signal is heard until then. */
export async function startSystem<Redis extends RunningRedis, Result>(
  options: SystemOptions<Redis>,
  begin: (system: System<Redis>) => Promise<Result>,
): Promise<Result> {
  await using opened = new AsyncDisposableStack();
  const home = options.home ?? temporaryHome(opened);
  const redis = await options.startRedis(home);
  opened.defer(() => redis.stop());
  const system = new System(redis, home, opened.move());
  const { signal } = options;
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
export class System<Redis extends RunningRedis> implements AsyncDisposable {
  readonly redis: Redis;
  readonly home: string;
  /** What else ends with the system: after its processes, before Redis. */
  readonly scope: AsyncDisposableStack;
  readonly #groups: Running[][] = [];
  #stopped: Promise<void> | undefined;

  constructor(redis: Redis, home: string, scope: AsyncDisposableStack) {
    this.redis = redis;
    this.home = home;
    this.scope = scope;
  }

  /** Runs each member as a process; resolves once all are healthy. A stop ends them together, before those started earlier. */
  async start<const Members extends readonly Member[], Process extends Running>(
    members: Members,
    run: (process: MemberProcess, member: Members[number]) => Process,
  ): Promise<{ [Place in keyof Members]: Process }> {
    const toRun = members.map(async (member) => ({ member, spec: await this.#processOf(member) }));
    const specs = await Promise.all(toRun);
    if (this.#stopped !== undefined) throw new SystemError("stopped while it started");
    const group = specs.map(({ member, spec }) => run(spec, member as Members[number]));
    this.#groups.push(group);
    await Promise.all(group.map((each) => each.ready()));
    return group as unknown as { [Place in keyof Members]: Process };
  }

  /** Stops the processes, the last started first, then Redis. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  /** Kills all processes, also during a `stop`; Redis is still stopped in order. */
  kill(): void {
    for (const each of this.#groups.flat()) each.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.stop();
  }

  #processOf({ env, ...member }: Member): Promise<MemberProcess> {
    return memberProcess({ ...member, env: { REDIS_URL: this.redis.url, ...env } }, this.home);
  }

  async #stopInOrder(): Promise<void> {
    for (const group of this.#groups.toReversed()) await Promise.all(group.map((each) => each.stop()));
    await this.scope.disposeAsync();
  }
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

function temporaryHome(scope: AsyncDisposableStack): string {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-system-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  return home;
}
