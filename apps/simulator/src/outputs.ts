import { createHmac } from "node:crypto";
import type { Clock } from "./clock.ts";
import { planned } from "./faults.ts";
import type { Task } from "./task.ts";
import type { Output, Vendor } from "./vendor.ts";

/** Signs and checks the URLs of outputs. */
export class Outputs {
  /** The simulator's URL for clients; set once it listens. */
  baseUrl = "";
  readonly #clock: Clock;
  readonly #secret: string;
  readonly #lifeMs: number | undefined;

  constructor(clock: Clock, seed: number, lifeMs: number | undefined) {
    this.#clock = clock;
    this.#secret = `simulator ${seed}`;
    this.#lifeMs = lifeMs;
  }

  of(task: Task, vendor: Vendor): Output[] {
    const now = Date.now();
    const lifeMs = this.#clock.real(this.#lifeMs ?? vendor.urlLifeMs);
    const expiresAtMs = Math.floor((vendor.signsEveryRead ? now : task.endedAt) + lifeMs);
    const lifeSeconds = Math.max(0, Math.floor((expiresAtMs - now) / 1_000));
    return filesOf(task).map(({ kind, name }) => {
      const url = this.#url(task, name, expiresAtMs);
      const written = planned(task.plan, "url-amp") ? url.replaceAll("&", "&amp;") : url;
      const start = planned(task.plan, "success-relative-url") ? this.baseUrl.length : 0;
      return { kind, url: written.slice(start), expiresAtMs, lifeSeconds };
    });
  }

  /** The value of `task.deadUrls` when the URL was signed; undefined if it was changed since or has expired. */
  issueOf(task: Task, name: string, query: Record<string, string>): number | undefined {
    const { expires = "", issue = "", signature } = query;
    const signed = signature === this.#signature(task.id, name, expires, issue);
    return signed && Number(expires) > Date.now() ? Number(issue) : undefined;
  }

  #url(task: Task, name: string, expiresAtMs: number): string {
    const [expires, issue] = [String(expiresAtMs), String(task.deadUrls)];
    const query = new URLSearchParams({ expires, issue, signature: this.#signature(task.id, name, expires, issue) });
    return `${this.baseUrl}/files/${task.id}/${name}?${query}`;
  }

  #signature(taskId: string, name: string, expires: string, issue: string): string {
    return createHmac("sha256", this.#secret).update(`${taskId}/${name}/${expires}/${issue}`).digest("hex");
  }
}

/** Names of the files that a finished task lists. */
function filesOf({ plan, order }: Task): { kind: Output["kind"]; name: string }[] {
  const frame = order.returnLastFrame || planned(plan, "unasked-frame");
  return [
    { kind: "video", name: "0.mp4" },
    ...(planned(plan, "second-video-404") ? [{ kind: "video" as const, name: "1.mp4" }] : []),
    ...(frame ? [{ kind: "last_frame" as const, name: "last.png" }] : []),
  ];
}
