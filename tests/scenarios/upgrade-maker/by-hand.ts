import * as ledger from "@reelqueue/ledger";
import { cancel, finalize } from "@reelqueue/pipeline";
import { clips } from "../src/upgrade/fixture.ts";
import { accountOf, type Hands, only, pollUntil, recordOf, recoverUntil, row, send, take } from "./hands.ts";

const nowhere = { baseUrl: "http://127.0.0.1:9" };

/** Brings generations into the states in which nothing rests, one lane after the other. */
export async function byHand(hands: Hands, { failed, webhook }: { failed: string; webhook: string }): Promise<void> {
  await orphans(failed, hands);
  await lost(hands);
  await asked(hands);
  await triedAgain(hands);
  await unwanted(hands);
  await finishing(hands);
  await running(hands);
  await waiting(hands, webhook);
  await uploading(hands);
  await dying(hands);
  await take(row("jiekou", "granted"), hands);
}

/** A task of the account that nobody asked for, and one that is told too late to be taken. */
async function orphans(failed: string, hands: Hands): Promise<void> {
  const { cell } = hands.deps;
  const strangers = await Promise.all(["stranger", "too-late"].map((marker) => makeTask(marker, hands)));
  await ledger.nudge(cell, failed, [], { taskId: strangers[1] ?? "", attempt: "1", account: "ark" });
  const { timing } = hands.deps;
  const searching = { ...only("ark", hands), timing: { ...timing, orphanAfterMs: 0 } };
  await recoverUntil([], () => true, searching, hands);
  if ((await ledger.orphans(cell)).length !== 2) throw new Error("two tasks are orphans");
}

async function makeTask(marker: string, { world }: Hands): Promise<string> {
  const answer = await fetch(`${world.twin.url}/ark/api/v3/contents/generations/tasks`, {
    method: "POST",
    headers: { authorization: "Bearer twin-key", "content-type": "application/json" },
    body: JSON.stringify({
      model: "doubao-seedance-2-0-260128",
      content: [{ type: "text", text: `a glass frog [[marker:${marker}]]` }],
      duration: 4,
      resolution: "480p",
    }),
  });
  return ((await answer.json()) as { id: string }).id;
}

/** POSTs of unknown fate: one that the provider has not, looked up twice; one whose worker died; one that is charged. */
async function lost(hands: Hands): Promise<void> {
  const absent = await send(row("toapis", "absent"), hands, { rates: { "submit-500": 1 } });
  await recoverUntil([absent], ({ misses }) => /^2@/.test(misses ?? ""), only("toapis", hands), hands);
  const crashed = await send(row("hiapi", "crashed"), hands, { dies: "submit:after-intent", tenant: "acme" });
  const away = only("hiapi", hands, nowhere);
  await recoverUntil([crashed], ({ trouble }) => Number(trouble) > 0, away, hands);
  await send(row("hiapi", "lost"), hands, { rates: { "accept-500": 1 } });
}

/** POSTs that a person has to settle, and one that a callback has settled. */
async function asked(hands: Hands): Promise<void> {
  const { cell } = hands.deps;
  const sent = await send(row("jiekou", "sent"), hands, { rates: { "accept-reset": 1 } });
  const unsent = await send(row("jiekou", "unsent"), hands, { rates: { "submit-500": 1 }, tenant: "acme" });
  const inReview = ({ state }: ledger.StoredRecord) => state === "needs_review";
  await recoverUntil([sent, unsent], inReview, only("jiekou", hands, { quietMs: 0 }), hands);
  const told = await send(row("ark", "told"), hands, { rates: { "accept-reset": 1 } });
  const { provider } = accountOf("ark", hands);
  const mute = { ...provider, capabilities: { ...provider.capabilities, resolve: [] } };
  await recoverUntil([told], inReview, only("ark", hands, { quietMs: 0, provider: mute }), hands);
  const taskId = (await hands.world.bill()).byMarker.told?.taskIds[0] ?? "";
  await ledger.nudge(cell, told, ["review"], { taskId, attempt: "1", account: "ark" });
}

/** Second attempts, one after a task that failed and one at the customer's own risk, and one that was never sent. */
async function triedAgain(hands: Hands): Promise<void> {
  const again = await send(row("hiapi", "again"), hands, { rates: { "task-fails": 1 } });
  await pollUntil([again], ({ lane }) => lane === "backoff", only("hiapi", hands), hands);
  const risked = await send(row("jiekou", "risked", { onUnknown: "resubmit" }), hands, { rates: { "submit-500": 1 } });
  await recoverUntil([risked], ({ attempt }) => attempt === "2", only("jiekou", hands, { quietMs: 0 }), hands);
  const deps = { ...only("jiekou", hands, nowhere), random: () => 0.9 };
  await send(row("jiekou", "unreached"), hands, { deps });
}

/** Tasks that run on although nobody waits for them: one is to be canceled, one has expired. */
async function unwanted(hands: Hands): Promise<void> {
  const canceled = await send(row("hiapi", "unwanted", { prompt: "a glacier [[fault:slow]]" }), hands);
  await pollUntil([canceled], ({ seen }) => seen !== undefined, only("hiapi", hands), hands);
  await cancel(canceled, hands.deps);
  const late = await send(row("hiapi", "late", { prompt: "a glacier [[fault:slow]]", expiresIn: 1 }), hands);
  await recoverUntil([late], ({ state }) => state === "expired", only("spare", hands), hands);
}

/** Tasks whose files are to be kept, of one of them the first try was cut. */
async function finishing(hands: Hands): Promise<void> {
  const finalizing = ({ state }: ledger.StoredRecord) => state === "finalizing";
  const finished = await send(row("ark", "finished"), hands, { tenant: "acme" });
  await pollUntil([finished], finalizing, only("ark", hands), hands);
  const cut = await send(row("jiekou", "cut", { prompt: "a kettle [[fault:file-truncated]]" }), hands);
  await pollUntil([cut], finalizing, only("jiekou", hands), hands);
  const handOver = { generation: cut, n: Number((await recordOf(cut, hands)).n) };
  await finalize(handOver, new AbortController().signal, hands.deps);
}

/** Tasks that run: without a usable answer, not found twice, and one just begun that may expire. */
async function running(hands: Hands): Promise<void> {
  const troubled = await send(row("toapis", "troubled", { prompt: "a mill [[fault:poll-500*3]]" }), hands);
  await pollUntil([troubled], ({ trouble }) => Number(trouble) > 0, only("toapis", hands), hands);
  const missed = await send(row("jiekou", "missed", { prompt: "a moth [[fault:poll-404*2]]" }), hands);
  await pollUntil([missed], ({ misses }) => /^2@/.test(misses ?? ""), only("jiekou", hands), hands);
  await send(row("hiapi", "begun", { expiresIn: 3_600 }), hands, { tenant: "acme" });
}

/** The backlog of the account that is paused, and one of it that was canceled before anybody could be told. */
async function waiting(hands: Hands, webhook: string): Promise<void> {
  const here = { ...hands, deps: only("spare", hands) };
  await take(row("spare", "urgent", { priority: 5 }), here, "acme");
  await take(row("spare", "not-for-ever", { expiresIn: 3_600 }), here);
  const { account: _, ...anywhere } = row("", "anywhere");
  await take(anywhere, here, "acme");
  await cancel(await take(row("spare", "canceled", { webhook }), here), hands.deps);
}

/** Its worker died while it sent the file. */
async function uploading(hands: Hands): Promise<void> {
  const { cell } = hands.deps;
  const id = await send(row("toapis", "uploading", { videos: [{ url: clips.beingUploaded }] }), hands);
  const [url = ""] = (await ledger.read(cell, id))?.request.videos.map((video) => video.url) ?? [];
  await ledger.beginUpload(cell, "toapis", url.slice("media://".length), 5_000);
}

/** Workers that died between intent and POST, and before they could write the answer; and a provider that asks to wait. */
async function dying(hands: Hands): Promise<void> {
  await send(row("hiapi", "intended"), hands, { dies: "submit:after-intent" });
  await send(row("jiekou", "answered"), hands, { dies: "submit:after-answer" });
  await send(row("ark", "listed"), hands, { dies: "submit:after-answer", tenant: "acme" });
  await send(row("hiapi", "told-to-wait"), hands, { rates: { "submit-429": 1 } });
}
