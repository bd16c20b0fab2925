import type { JobRef, State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Account, type CrashPoint, callback, type Installation } from "@reelqueue/pipeline";
import { callbackToken, polledFields, pollTask } from "@reelqueue/pipeline/testing";
import { type Rule, without } from "../without.ts";
import { type Means, type Post, StandInProvider, type Task } from "./provider.ts";

/** What Redis does with the next script that moves a generation to `to`. */
export interface RedisFault {
  to: State;
  /** `twice`: it runs twice, as after a reconnection. `lost`: it runs, its answer is lost. `dropped`: it does not run. */
  how: "twice" | "lost" | "dropped";
}

/** Work of one process that has been started. */
export interface Run {
  /** The POST that it waits for. */
  post?: Post;
  isDead: boolean;
  /** Resolves when it ends or dies. */
  over: PromiseWithResolvers<void>;
}

export const accountName = "hiapi";
/** No lease and no quiet window ends by itself: the test ends them. */
const longMs = 300_000_000;

/**
 * A whole pipeline on a real Redis in one process; a test decides what happens next, and in which order. The calls of
 * one `Promise.all` reach Redis together, in their order.
 */
export class System {
  readonly provider: StandInProvider;
  readonly ctx: Installation;
  /** The jobs that BullMQ would have. */
  readonly jobs: JobRef[] = [];
  readonly ids: string[] = [];
  /** Those that wait for their provider. */
  runs: Run[] = [];
  redisFault: RedisFault | undefined;
  /** POSTs that had been sent when the account was paused; undefined: it is not. */
  postsWhenPaused: number | undefined;

  constructor(opened: Installation, means: Means, rule: Rule | undefined) {
    this.provider = new StandInProvider(means);
    const cell = { ...opened.cell, redis: this.#faulty(opened.cell.redis) };
    const account = { ...this.provider.behind(accountOf(opened)), quietMs: longMs, retriesFailures: true };
    const whole: Installation = {
      ...opened,
      cell,
      transitions: new ledger.Transitions(cell),
      accounts: new Map([[accountName, account]]),
      queues: {
        ...opened.queues,
        add: async (stage, jobs) => void (stage === "submit" && this.jobs.push(...jobs)),
        remove: async () => {},
        isIdle: async () => true,
      },
      timing: {
        ...opened.timing,
        submitLeaseMs: longMs,
        pollLeaseMs: longMs,
        grantLeaseMs: longMs,
        absencesApartMs: 0,
        namedAfterMs: 0,
        sendingMs: 0,
      },
    };
    this.ctx = rule === undefined ? whole : without[rule](whole);
  }

  get account(): Account {
    return accountOf(this.ctx);
  }

  /**
   * Starts work of a process and goes on until it ends, waits for its provider or reaches `crashAt`, where the process
   * dies.
   */
  async start(work: (ctx: Installation) => Promise<unknown>, crashAt?: CrashPoint): Promise<void> {
    const run: Run = { isDead: false, over: Promise.withResolvers() };
    const crashPoint = (point: CrashPoint) => {
      if (point !== crashAt) return undefined;
      this.kill(run);
      return new Promise<never>(() => {});
    };
    this.runs.push(run);
    await this.#untilItWaits(run, () => {
      void work({ ...this.ctx, crashPoint })
        .catch(() => {})
        .finally(() => this.#end(run));
    });
  }

  /** Sends the answer to a POST and goes on until the process that waits for it ends or waits again. */
  async answer(post: Post, result: Parameters<NonNullable<Post["answer"]>>[0]): Promise<Run | undefined> {
    const run = this.runs.find((each) => each.post === post);
    const answer = post.answer;
    delete post.answer;
    if (run === undefined || answer === undefined) return undefined;
    delete run.post;
    await this.#untilItWaits(run, () => answer(result));
    return run;
  }

  /** The process dies; what its provider has received of it may still take effect. */
  kill(run: Run): void {
    run.isDead = true;
    delete run.post?.answer;
    this.#end(run);
  }

  #end(run: Run): void {
    this.runs = this.runs.filter((each) => each !== run);
    run.over.resolve();
  }

  /** No POST of these generations can create a task any more; one that still waits is cut off. */
  async endQuietWindow(isMeant: (id: string) => boolean): Promise<void> {
    for (const post of this.provider.posts.filter(({ key }) => isMeant(generationOf(key)))) {
      post.open = false;
      if (post.answer !== undefined) await this.answer(post, { kind: "unknown", message: "timed out", evidence: "" });
    }
  }

  /** Makes everything in a lane due; with `only`, this generation and nothing else. */
  async makeDue(lane: ledger.Lane, only?: string): Promise<void> {
    const { redis, keys } = this.ctx.cell;
    const laterMs = Date.now() + longMs;
    const dues = this.ids.flatMap((id) => [only === undefined || only === id ? 1 : laterMs, id]);
    await redis.zadd(keys.due(lane, accountName), "XX", ...dues);
  }

  /** Every queued generation gets a slot and a job; with `lost`, jobs that are gone are dispatched again. */
  async dispatch({ lost }: { lost: boolean }): Promise<void> {
    const { cell, timing } = this.ctx;
    const [, , { grants }] = await Promise.all([
      this.makeDue("backoff"),
      ledger.promoteDelayed(cell, accountName, 10),
      ledger.admit(cell, accountName, { ...this.account.limits, leaseMs: timing.grantLeaseMs }),
    ]);
    this.jobs.push(...grants);
    if (!lost) return;
    const [, again] = await Promise.all([
      this.makeDue("granted"),
      ledger.redispatch(cell, "granted", accountName, { limit: 10, leaseMs: longMs }),
    ]);
    this.jobs.splice(0, this.jobs.length, ...again);
  }

  async poll(): Promise<void> {
    const { cell, timing } = this.ctx;
    for (const lane of ["poll", "watch"] as const) {
      const options = { fields: polledFields, limit: 10, leaseMs: timing.pollLeaseMs };
      const [, { items, lease }] = await Promise.all([
        this.makeDue(lane),
        ledger.claim(cell, lane, accountName, options),
      ]);
      for (const item of items) {
        const task = { ...item, taskId: item.taskId ?? "", lane, lease };
        await this.start((ctx) => pollTask(task, { account: this.account, lane }, ctx));
      }
    }
  }

  /** The provider's callback for a task. */
  async callBack({ id, key }: Task): Promise<void> {
    const [generation = "", attempt = ""] = key.split(".");
    const token = callbackToken(this.ctx.secrets.callbackKey, {
      account: accountName,
      generation,
      attempt: Number(attempt),
    });
    const raw = Buffer.from(JSON.stringify({ taskId: id, status: "success" }));
    await callback({ account: accountName, token, raw, headers: {} }, this.ctx);
  }

  /** Its generations, as the ledger has them. */
  async read(): Promise<ledger.Found[]> {
    const found = await ledger.readMany(this.ctx.cell, this.ids);
    return found.map((each, i) => {
      if (each === undefined) throw new Error(`${this.ids[i]} is not in the ledger`);
      return each;
    });
  }

  async readIn(state: State): Promise<ledger.Found[]> {
    return (await this.read()).filter(({ record }) => record.state === state);
  }

  /** Whether the ledger knows the task: as owned by its generation, or as an orphan. */
  async isKnown({ id, key }: Task): Promise<boolean> {
    if ((await ledger.ownerOf(this.ctx.cell, accountName, id)) === generationOf(key)) return true;
    return (await ledger.orphans(this.ctx.cell, 100)).some(({ task }) => task === id);
  }

  async #untilItWaits(run: Run, go: () => void): Promise<void> {
    const posted = Promise.withResolvers<void>();
    this.provider.onPost = (post) => {
      run.post = post;
      posted.resolve();
    };
    go();
    await Promise.race([run.over.promise, posted.promise]);
  }

  #faulty(redis: ledger.Cell["redis"]): ledger.Cell["redis"] {
    const system = this;
    return new Proxy(redis, {
      get(target, name) {
        if (name !== "evalsha") return Reflect.get(target, name);
        return async (...args: Parameters<typeof target.evalsha>) => {
          const fault = system.redisFault;
          if (fault === undefined || !args.some((arg) => `${arg}`.includes(`"to":"${fault.to}"`)))
            return target.evalsha(...args);
          system.redisFault = undefined;
          if (fault.how !== "dropped") await target.evalsha(...args);
          if (fault.how === "twice") return target.evalsha(...args);
          throw new Error("Connection is closed.");
        };
      },
    });
  }
}

function accountOf({ accounts }: Installation): Account {
  const account = accounts.get(accountName);
  if (account === undefined) throw new Error(`no account ${accountName}`);
  return account;
}

export const generationOf = (key: string): string => key.split(".")[0] ?? "";
