import type { VendorApi } from "../../endpoints.ts";
import { uuid } from "../ids.ts";
import { assets } from "./assets.ts";
import { createBody, statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { refuse } from "./refuse.ts";

/** Xingchao: four models, two of which need a video, mixed casing, failures as `{code,msg,data}` on HTTP 200, an asset library. */
export const xingchao: VendorApi = {
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
  newTaskId: (chance, number) => `video_${uuid(chance, number)}`,
  parseCreate,
  createBody,
  statusBody,
  refuse,
  endpoints: assets,
};
