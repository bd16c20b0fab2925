import type { VendorApi } from "../../endpoints.ts";
import { uuid } from "../ids.ts";
import { assets } from "./assets.ts";
import { createBody, statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { refuse } from "./refuse.ts";

/** Xingchao: four models, two need a video, mixed casing, failures as `{code,msg,data}` on HTTP 200, an asset library. */
export const xingchao: VendorApi = {
  name: "xingchao",
  // DOCUMENTED; the seed lacks the URL.
  createPath: "/kyyReactApiServer/v1/kyyvideo2/videos",
  readPath: "/kyyReactApiServer/v1/result/:id",
  taskIdOf: ({ id }) => id,
  // INVENTED: media are always URLs.
  bodyLimitBytes: 10_000_000,
  // UNKNOWN: the page only asks for moderate polling.
  limits: {},
  // DOCUMENTED: one day; the answer has no expiry.
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  // DOCUMENTED
  newTaskId: (chance, number) => `video_${uuid(chance, number)}`,
  parseCreate,
  createBody,
  statusBody,
  refuse,
  endpoints: assets,
};
