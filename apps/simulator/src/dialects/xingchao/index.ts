import type { Dialect } from "../../dialect.ts";
import { uuid } from "../uuid.ts";
import { assets } from "./assets.ts";
import { refuse } from "./refuse.ts";
import { created, status } from "./render.ts";
import { understand } from "./understand.ts";

/** Xingchao: four models, two of which need a video, mixed casing, failures as `{code,msg,data}` on HTTP 200, an asset library. */
export const xingchao: Dialect = {
  name: "xingchao",
  // FOUND; the seed's block with the address was lost.
  createPath: "/kyyReactApiServer/v1/kyyvideo2/videos",
  readPath: "/kyyReactApiServer/v1/result/:id",
  taskIdOf: ({ id }) => id,
  // INVENTED: media are only ever addresses.
  bodyLimitBytes: 10_000_000,
  // UNKNOWN: the page only asks not to query too often.
  limits: {},
  // FOUND: one day, without a time in the answer.
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  // FOUND
  newTaskId: (luck, number) => `video_${uuid(luck, number)}`,
  understand,
  created,
  status,
  refuse,
  routes: assets,
};
