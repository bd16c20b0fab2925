import { z } from "zod";
import { json, type Reply, type Visit } from "../../answer.ts";
import type { Asset } from "../../assets.ts";
import type { Dialect, Route } from "../../dialect.ts";
import type { World } from "../../world.ts";
import { firstProblem } from "../first-problem.ts";
import { jsonBody } from "../json-body.ts";
import { stampedId } from "../stamped-id.ts";

const root = "/v1/videos/doubao-seedance-2-0/private-avatar";
const groupSchema = z.object({ name: z.string().min(1), description: z.string().default("") });
const assetSchema = z.object({
  group_id: z.string(),
  asset_type: z.enum(["image", "video", "audio"]),
  // FOUND: a public address only.
  source_url: z.string().regex(/^https?:\/\/./i, "must be a public http(s) URL"),
  name: z.string().default(""),
});

/** FOUND: a group, an asset in it, and its state until it is active. */
export const privateAssets: Route[] = [
  { method: "POST", path: `${root}/groups`, use: "nothing", handle: addGroup },
  { method: "POST", path: `${root}/assets`, use: "nothing", handle: addAsset },
  { method: "GET", path: `${root}/assets/:id`, use: "nothing", handle: readAsset },
];

function addGroup(visit: Visit, world: World, dialect: Dialect): Reply {
  const parsed = groupSchema.safeParse(jsonBody(visit.raw));
  if (!parsed.success) return world.refuse(dialect, { kind: "invalid", problem: firstProblem(parsed.error) });
  const id = stampedId("group", world.clock.now(), world.nextNumber());
  world.assets.addGroup(visit.account, id);
  return enveloped({ group_id: id, ...parsed.data });
}

function addAsset(visit: Visit, world: World, dialect: Dialect): Reply {
  const parsed = assetSchema.safeParse(jsonBody(visit.raw));
  if (!parsed.success) return world.refuse(dialect, { kind: "invalid", problem: firstProblem(parsed.error) });
  const { group_id: group, asset_type: kind, source_url: url, name } = parsed.data;
  const { account } = visit;
  if (!world.assets.hasGroup(account, group)) {
    return world.refuse(dialect, { kind: "invalid", problem: `group_id: ${group} does not exist` });
  }
  const id = stampedId("asset", world.clock.now(), world.nextNumber());
  return shown(world.addAsset({ id, account, kind, name, url, group }), world);
}

function readAsset(visit: Visit, world: World, dialect: Dialect): Reply {
  const asset = world.assets.get(visit.account, visit.params.id ?? "");
  return asset ? shown(asset, world) : world.refuse(dialect, { kind: "unknown-task" });
}

function shown({ account, id, group, kind, url }: Asset, world: World): Reply {
  const status = world.assets.state(account, id);
  const why = status === "failed" ? { message: "asset review failed" } : {};
  return enveloped({ asset_id: id, group_id: group, asset_type: kind, source_url: url, status, ...why });
}

function enveloped(data: object): Reply {
  return json(200, { success: true, message: "", data });
}
