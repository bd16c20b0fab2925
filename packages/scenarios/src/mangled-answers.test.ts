import { eventually, freePort } from "@reelqueue/testing";
import { startTwin } from "@reelqueue/twin";
import { expect, test } from "vitest";
import { mangled, startManglingProxy } from "./mangling-proxy.ts";
import { contradictions, startWorld } from "./world.ts";

const count = 320;

/** Mulberry32, a small seeded generator: the same answers are mangled the same way in every run. */
function picker(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

test.each(["hiapi", "jiekou"])(
  `hundreds of mangled answers of %s: no worker ends, nothing finishes wrongly, nothing is paid twice`,
  async (account) => {
    await using twin = await startTwin({ clockFactor: 600, outputs: "tiny", limits: "off", port: await freePort() });
    const pick = picker(7);
    const created = new Set<string>();
    await using proxy = await startManglingProxy(twin.url, (path, sent) => {
      if (path.startsWith("/files/")) return undefined;
      // Of POSTs a third, each once; of looks three in four.
      const spared = sent === "" ? pick(4) === 0 : created.has(sent) || pick(3) > 0;
      if (sent !== "") created.add(sent);
      return spared ? undefined : (body) => mangled(body, pick);
    });
    const limits = { inFlight: 1_000, requestsPerMinute: 600_000 };
    await using world = await startWorld({
      accounts: { [account]: { baseUrl: `${proxy.url}/${account}`, timeScale: 600, limits } },
    });
    const ids = await world.enqueue(
      Array.from({ length: count }, (_, i) => ({
        account,
        prompt: `a tide pool [[marker:m${i}]]`,
        resolution: "480p" as const,
        seconds: 4,
      })),
    );
    const ended = await eventually(
      async () => {
        const all = await world.get(ids);
        return all.every(({ state }) => ["succeeded", "failed", "needs_review"].includes(state)) && all;
      },
      { describe: "all rest or wait for a person", timeoutMs: 150_000, everyMs: 500 },
    );

    expect(proxy.mangled).toBeGreaterThanOrEqual(500);
    const bill = (await (await fetch(`${twin.url}/twin/ledger`)).json()) as {
      duplicates: string[];
      byMarker: Record<string, { charges: number; taskIds: string[] }>;
    };
    expect(bill.duplicates).toEqual([]);
    for (const [i, generation] of ended.entries()) {
      const paid = bill.byMarker[`m${i}`];
      expect(paid?.charges, generation.id).toBe(1);
      if (generation.state === "succeeded") {
        expect(paid?.taskIds).toEqual([generation.taskId]);
        expect(generation.outputs[0]?.bytes).toBeGreaterThan(1_000);
      }
      // A provider without any way to ask again leaves a person to settle what was lost; nothing else may fail.
      if (account === "hiapi") expect(generation.state, JSON.stringify(generation.timeline)).toBe("succeeded");
      else expect(["succeeded", "needs_review"], JSON.stringify(generation.timeline)).toContain(generation.state);
    }
    for (const app of world.apps.values()) expect(app.logs()).not.toMatch(/uncaughtException|unhandledRejection/);
    expect(await contradictions(world)).toEqual([]);
  },
  300_000,
);
