import { writeFileSync } from "node:fs";
import { audit } from "@reelqueue/ledger";
import { startReceiver } from "@reelqueue/testing";
import { accounts, files } from "../src/upgrade/fixture.ts";
import { startWorld } from "../src/world.ts";
import { byHand } from "./by-hand.ts";
import { handsOn } from "./hands.ts";
import { withWorkers } from "./with-workers.ts";
import { writeDump } from "./write-dump.ts";

/**
 * Makes the upgrade fixture: a Redis as it stands when the workers of one version have just been stopped, with generations in every state
 * and lane, and the tasks that the simulator has then. `upgrade.test.ts` lets the code at hand bring it to rest.
 *
 * The code of commit e2422ca made what is in the repository, and these files are written against it: later versions neither compile nor
 * run them. To make the fixture anew, check out e2422ca, copy `apps/twin` and `packages/scenarios` from the commit that added this file
 * into it, and run there, after `npm run check` has installed the packages:
 *
 *     .reelqueue/runtime/bin/node packages/scenarios/upgrade-maker/make-fixture.ts
 *
 * It takes a minute, starts a Redis of its own and writes `fixture/redis.jsonl` and `fixture/tasks.jsonl`. Ids and times differ from run to
 * run, states and fields do not. No provider of that version can leave an upload in `processing`, so there is none.
 */
await using receiver = await startReceiver();
await using world = await startWorld({ accounts, apps: [] });
const failed = await withWorkers(world, receiver);
await byHand(handsOn(world), { failed, webhook: receiver.url });

const contradictions = await audit(world.here.cell);
if (contradictions.length > 0) throw new Error(contradictions.join("\n"));
const tasks = (await (await fetch(`${world.twin.url}/twin/snapshot`)).json()) as object[];
const origins = { twin: world.twin.url, receiver: new URL(receiver.url).origin };
const keys = await writeDump(files.redis, world.here.cell.redis, origins);
writeFileSync(files.tasks, tasks.map((task) => `${JSON.stringify(task)}\n`).join(""));
console.log(`${keys.length} keys and ${tasks.length} tasks`);
