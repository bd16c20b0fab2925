import { startAnswerProxy } from "./answer-proxy.ts";

/** A task id, and its form in a JSON answer: a string, or bare digits. */
export interface OddId {
  plain: string;
  json: string;
}

/** Proxy to the simulator that replaces task ids in answers, and restores them in request URLs. */
export function startRenamingProxy(target: string, nextId: () => OddId) {
  const known = new Map<string, { theirs: string; ours: OddId }>();
  const namedIn = (path: string) => known.get(decodeURIComponent(idIn(path)));
  return startAnswerProxy(target, {
    path: (path) => {
      const asked = namedIn(path);
      return asked ? path.replace(idIn(path), () => asked.theirs) : path;
    },
    answer: ({ method, path }, real) => {
      const original = real.toString();
      const created = method === "POST" ? createdIdIn(original) : undefined;
      const about = created === undefined ? namedIn(path) : { theirs: created, ours: nextId() };
      if (created !== undefined && about) known.set(about.ours.plain, about);
      return about ? Buffer.from(original.replaceAll(`"${about.theirs}"`, () => about.ours.json)) : real;
    },
  });
}

/** The task id in a poll URL, as encoded: a query parameter, or the last part of the path. */
function idIn(url: string): string {
  return /[?&]task_id=([^&]*)/.exec(url)?.[1] ?? /([^/?]*)(?:\?.*)?$/.exec(url)?.[1] ?? "";
}

/** The id of a created task; every vendor API uses one of these names. */
function createdIdIn(answer: string): string | undefined {
  return /"(?:id|taskId|task_id)":"([^"]+)"/.exec(answer)?.[1];
}
