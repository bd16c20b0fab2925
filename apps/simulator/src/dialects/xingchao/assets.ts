import { z } from "zod";
import { json, type Reply, type Visit } from "../../answer.ts";
import type { Asset, AssetState } from "../../assets.ts";
import type { Dialect, Route } from "../../dialect.ts";
import { coin, lot } from "../../random.ts";
import type { World } from "../../world.ts";
import { firstProblem } from "../first-problem.ts";
import { jsonBody } from "../json-body.ts";
import { beijingTime, stampedId } from "../stamped-id.ts";

const root = "/kyyReactApiServer/kyyVideo2/asset";
const states: Record<AssetState, string> = { processing: "Processing", active: "Active", failed: "Failed" };
const bodySchema = z.object({
  assetType: z.enum(["Image", "Video", "Audio", "Document"]),
  url: z.string(),
  name: z.string().default(""),
});

/** FOUND: a library of addresses that are looked through before a create may name them. */
export const assets: Route[] = [
  { method: "POST", path: `${root}/upload`, use: "nothing", handle: upload },
  { method: "GET", path: `${root}/:id`, use: "nothing", handle: (visit, world) => found(visit, world, read) },
  { method: "DELETE", path: `${root}/:id`, use: "nothing", handle: (visit, world) => found(visit, world, remove) },
];

function upload(visit: Visit, world: World, dialect: Dialect): Reply {
  const parsed = bodySchema.safeParse(jsonBody(visit.raw));
  if (!parsed.success) return world.refuse(dialect, { kind: "invalid", problem: firstProblem(parsed.error) });
  const { assetType: kind, url, name } = parsed.data;
  if (!/^https?:\/\/./i.test(url)) {
    return world.refuse(dialect, { kind: "invalid", problem: "素材 URL 无法访问", code: "1001" });
  }
  const id = stampedId("asset", world.clock.now(), world.nextNumber());
  world.addAsset({ id, account: visit.account, kind, name, url, group: undefined });
  return enveloped(0, { assetId: id });
}

function found(visit: Visit, world: World, then: (asset: Asset, world: World) => Reply): Reply {
  const asset = world.assets.get(visit.account, visit.params.id ?? "");
  return asset ? then(asset, world) : json(200, { code: -1, msg: "素材不存在", data: null });
}

function read({ account, id, name, kind, url, addedAt }: Asset, world: World): Reply {
  const status = states[world.assets.state(account, id) ?? "failed"];
  // FOUND: 0 as a number on the vendor's page, as text in clients' code.
  const code = coin(lot(1, id), "code") ? 0 : "0";
  return enveloped(code, { name, assetId: id, status, assetType: kind, url, createTime: beijingTime(addedAt) });
}

function remove(asset: Asset, world: World): Reply {
  world.assets.remove(asset);
  return enveloped("0", null);
}

function enveloped(code: number | string, data: object | null): Reply {
  return json(200, { code, msg: null, data });
}
