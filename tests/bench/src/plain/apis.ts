import type { Api } from "./provider.ts";

export const hiapi: Api<HiapiAnswer> = {
  create: (id, input) => ({
    path: "/v1/tasks",
    body: { model: "seedance-2-0", input },
    headers: { "idempotency-key": id },
  }),
  createdId: ({ data }) => data?.taskId,
  readPath: (taskId) => `/v1/tasks/${taskId}`,
  stateOf: ({ data }) => {
    if (data?.status === "success") return { kind: "succeeded", url: data.output?.[0]?.url ?? "" };
    return data?.status === "fail" ? { kind: "failed", message: data.error?.message ?? "" } : { kind: "pending" };
  },
};

interface HiapiAnswer {
  data?: { taskId: string; status: string; output?: { url: string }[]; error?: { message: string } };
}

/** JieKou has no idempotency keys. */
export const jiekou: Api<JiekouAnswer> = {
  create: (_, input) => ({ path: "/v3/async/seedance-2.0", body: input }),
  createdId: ({ task_id }) => task_id,
  readPath: (taskId) => `/v3/async/task-result?task_id=${taskId}`,
  stateOf: (answer) => {
    const { task, videos } = answer.data ?? answer;
    if (task?.status === "TASK_STATUS_SUCCEED") return { kind: "succeeded", url: videos?.[0]?.video_url ?? "" };
    return task?.status === "TASK_STATUS_FAILED" ? { kind: "failed", message: task.reason ?? "" } : { kind: "pending" };
  },
};

interface JiekouResult {
  task?: { status: string; reason?: string };
  videos?: { video_url: string }[];
}
type JiekouAnswer = JiekouResult & { task_id?: string; data?: JiekouResult };
