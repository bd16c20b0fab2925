import { readServerEnv, StartError } from "@reelqueue/runtime";

/** The environment variables of this process. Throws one StartError that names every wrong variable. */
export function readEnv(env: NodeJS.ProcessEnv = process.env) {
  const viewer = credentials(env.DASHBOARD_VIEWER_USER, env.DASHBOARD_VIEWER_PASSWORD);
  if (viewer === "half") {
    throw new StartError("set both DASHBOARD_VIEWER_USER and DASHBOARD_VIEWER_PASSWORD, or neither");
  }
  return {
    ...readServerEnv(env, 3_101),
    operator: { user: text(env.DASHBOARD_USER) ?? "admin", password: text(env.DASHBOARD_PASSWORD) },
    ...(viewer !== "none" && { viewer }),
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
