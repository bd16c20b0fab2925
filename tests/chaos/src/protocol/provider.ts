import type { Account } from "@reelqueue/pipeline";
import type { PollResult, Provider, Reconciliation, SubmitResult } from "@reelqueue/providers";

/** How the provider finds the task of a lost POST. */
export type Means = "key" | "lookup" | "list" | "none";

export interface Task {
  id: string;
  /** Idempotency key of its POST: `<generation>.<attempt>`, followed by more where a rule is broken on purpose. */
  key: string;
  state: "running" | "succeeded" | "failed";
}

/** A POST that the provider has received. */
export interface Post {
  key: string;
  /** The task that it has created, or found by its key. */
  task?: Task;
  /** It may still create a task: it has no answer that excludes one, and its quiet window has not ended. */
  open: boolean;
  /** Sends the answer; absent: the answer was sent or can reach nobody. */
  answer?: (result: SubmitResult) => void;
}

/** A provider in this process: every POST waits until the test says what becomes of it. */
export class StandInProvider {
  readonly tasks: Task[] = [];
  readonly posts: Post[] = [];
  /** Called for each POST that arrives. */
  onPost: (post: Post) => void = () => {};
  readonly #means: Means;

  constructor(means: Means) {
    this.#means = means;
  }

  /** The account with this provider behind it, and without limits of requests. */
  behind(account: Account): Account {
    const provider: Provider = {
      ...account.provider,
      submit: (_, { idempotencyKey }) => this.#receive(idempotencyKey),
      poll: async (taskId) => answers[this.tasks.find(({ id }) => id === taskId)?.state ?? "missing"],
      reconcile: this.#reconciliations(),
    };
    return { ...account, provider, limits: { slots: 10, rate: 0, burst: 0, window: 10, weights: {} } };
  }

  /**
   * The POST is refused for good; false if that is not possible, because a task exists. With idempotency keys all POSTs
   * under its key are (ADR 5).
   */
  refuse(post: Post): boolean {
    const alike = this.#means === "key" ? this.posts.filter(({ key }) => key === post.key) : [post];
    if (alike.some(({ task }) => task !== undefined)) return false;
    for (const each of alike) each.open = false;
    return true;
  }

  /** The POST takes effect: a task exists, and is charged. */
  take(post: Post): Task {
    const known = this.#means === "key" ? this.tasks.find(({ key }) => key === post.key) : undefined;
    post.task = known ?? { id: `task-${this.tasks.length + 1}`, key: post.key, state: "running" };
    post.open = false;
    if (known === undefined) this.tasks.push(post.task);
    return post.task;
  }

  #receive(key: string): Promise<SubmitResult> {
    const { promise, resolve } = Promise.withResolvers<SubmitResult>();
    const post: Post = { key, open: true, answer: resolve };
    this.posts.push(post);
    this.onPost(post);
    return promise;
  }

  #reconciliations(): readonly Reconciliation[] {
    const callback = { by: "callback" } as const;
    const reconciliations: Record<Means, readonly Reconciliation[]> = {
      key: [{ by: "idempotencyKey", lifeMs: { value: 86_400_000, label: "INFERRED", source: "this test" } }, callback],
      lookup: [{ by: "clientId", lookup: async (key) => this.#lookUp(key) }, callback],
      list: [
        {
          by: "taskList",
          candidates: async ({ idempotencyKey }) => ({
            kind: "listed",
            candidates: this.tasks.filter(({ key }) => key === idempotencyKey).map(certain),
            more: false,
          }),
          tasks: async () => ({ kind: "listed", tasks: [], more: false }),
        },
      ],
      none: [],
    };
    return reconciliations[this.#means];
  }

  #lookUp(key: string) {
    const task = this.tasks.find((each) => each.key === key);
    return task === undefined
      ? ({ kind: "absent", message: "no such task" } as const)
      : ({ kind: "found", taskId: task.id } as const);
  }
}

const answers: Record<Task["state"] | "missing", PollResult> = {
  running: { kind: "pending", phase: "running", status: "handling", known: true },
  succeeded: { kind: "succeeded", outputs: [{ kind: "video", url: "http://127.0.0.1:1/video.mp4" }] },
  failed: { kind: "failed", failure: { class: "upstream", message: "gpu lost" } },
  missing: { kind: "missing", message: "no such task" },
};

const certain = ({ id }: Task) => ({ taskId: id, createdAtMs: Date.now(), likeness: "certain" as const });
