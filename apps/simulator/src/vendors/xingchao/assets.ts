import { z } from "zod";
import type { Asset, AssetState } from "../../assets.ts";
import type { Call } from "../../call.ts";
import type { Endpoint } from "../../endpoints.ts";
import { firstProblem, json, jsonBody, type Reply } from "../../http.ts";
import { randomBoolean, randomInteger } from "../../random.ts";
import type { Simulation } from "../../simulation.ts";
import { beijingTime, byteDanceId } from "../ids.ts";

const root = "/kyyReactApiServer/kyyVideo2/asset";
const states: Record<AssetState, string> = { processing: "Processing", active: "Active", failed: "Failed" };
const bodySchema = z.object({
  assetType: z.enum(["Image", "Video", "Audio", "Document"]),
  url: z.string(),
  name: z.string().default(""),
});

/** DOCUMENTED: a library of URLs that are reviewed before a create can use them. */
export const assets: Endpoint[] = [
  { method: "POST", path: `${root}/upload`, kind: "other", handle: upload },
  { method: "GET", path: `${root}/:id`, kind: "other", handle: (call) => withAsset(call, read) },
  { method: "DELETE", path: `${root}/:id`, kind: "other", handle: (call) => withAsset(call, remove) },
];

function upload({ simulation, account, raw, refuse }: Call): Reply {
  const parsed = bodySchema.safeParse(jsonBody(raw));
  if (!parsed.success) return refuse({ kind: "invalid", problem: firstProblem(parsed.error) });
  const { assetType: kind, url, name } = parsed.data;
  if (!/^https?:\/\/./i.test(url)) {
    return refuse({ kind: "invalid", problem: "素材 URL 无法访问", code: "1001" });
  }
  const id = byteDanceId("asset", Date.now(), simulation.nextNumber());
  simulation.addAsset({ id, account, kind, name, url, group: undefined });
  return enveloped(0, { assetId: id });
}

function withAsset(call: Call, then: (asset: Asset, simulation: Simulation) => Reply): Reply {
  const { simulation, account, params } = call;
  const asset = simulation.assets.get(account, params.id ?? "");
  return asset ? then(asset, simulation) : json(200, { code: -1, msg: "素材不存在", data: null });
}

function read({ account, id, name, kind, url, addedAt }: Asset, simulation: Simulation): Reply {
  const status = states[simulation.assets.state(account, id) ?? "failed"];
  // DOCUMENTED: 0 as a number on the vendor's page, as a string in clients' code.
  const code = randomBoolean(randomInteger(1, id), "code") ? 0 : "0";
  return enveloped(code, { name, assetId: id, status, assetType: kind, url, createTime: beijingTime(addedAt) });
}

function remove(asset: Asset, simulation: Simulation): Reply {
  simulation.assets.remove(asset);
  return enveloped("0", null);
}

function enveloped(code: number | string, data: object | null): Reply {
  return json(200, { code, msg: null, data });
}
