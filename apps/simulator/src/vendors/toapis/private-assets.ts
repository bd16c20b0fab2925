import { z } from "zod";
import type { Asset } from "../../assets.ts";
import type { Call } from "../../call.ts";
import type { Endpoint } from "../../endpoints.ts";
import { firstProblem, json, jsonBody, type Reply } from "../../http.ts";
import type { Simulation } from "../../simulation.ts";
import { byteDanceId } from "../ids.ts";

const root = "/v1/videos/doubao-seedance-2-0/private-avatar";
const groupSchema = z.object({ name: z.string().min(1), description: z.string().default("") });
const assetSchema = z.object({
  group_id: z.string(),
  asset_type: z.enum(["image", "video", "audio"]),
  // DOCUMENTED: only a public URL.
  source_url: z.string().regex(/^https?:\/\/./i, "must be a public http(s) URL"),
  name: z.string().default(""),
});

/** DOCUMENTED: create a group, create an asset in it, read the state of the asset. */
export const privateAssets: Endpoint[] = [
  { method: "POST", path: `${root}/groups`, kind: "other", handle: addGroup },
  { method: "POST", path: `${root}/assets`, kind: "other", handle: addAsset },
  { method: "GET", path: `${root}/assets/:id`, kind: "other", handle: readAsset },
];

function addGroup({ simulation, account, raw, refuse }: Call): Reply {
  const parsed = groupSchema.safeParse(jsonBody(raw));
  if (!parsed.success) return refuse({ kind: "invalid", problem: firstProblem(parsed.error) });
  const id = byteDanceId("group", Date.now(), simulation.nextNumber());
  simulation.assets.groups.set(id, account);
  return enveloped({ group_id: id, ...parsed.data });
}

function addAsset({ simulation, account, raw, refuse }: Call): Reply {
  const parsed = assetSchema.safeParse(jsonBody(raw));
  if (!parsed.success) return refuse({ kind: "invalid", problem: firstProblem(parsed.error) });
  const { group_id: group, asset_type: kind, source_url: url, name } = parsed.data;
  if (simulation.assets.groups.get(group) !== account) {
    return refuse({ kind: "invalid", problem: `group_id: ${group} does not exist` });
  }
  const id = byteDanceId("asset", Date.now(), simulation.nextNumber());
  return assetReply(simulation.addAsset({ id, account, kind, name, url, group }), simulation);
}

function readAsset({ simulation, account, params, refuse }: Call): Reply {
  const asset = simulation.assets.get(account, params.id ?? "");
  return asset ? assetReply(asset, simulation) : refuse({ kind: "unknown-task" });
}

function assetReply({ account, id, group, kind, url }: Asset, simulation: Simulation): Reply {
  const status = simulation.assets.state(account, id);
  const why = status === "failed" ? { message: "asset review failed" } : {};
  return enveloped({ asset_id: id, group_id: group, asset_type: kind, source_url: url, status, ...why });
}

function enveloped(data: object): Reply {
  return json(200, { success: true, message: "", data });
}
