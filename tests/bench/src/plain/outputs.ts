import { createWriteStream } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Webhook } from "standardwebhooks";
import { Agent, request } from "undici";

/** Downloads videos into the folder, renamed once complete; without a folder the bytes are discarded. */
export function openStore(folder: string | undefined): (id: string, url: string) => Promise<number> {
  const dispatcher = new Agent({ connections: 64 });
  return async (id, url) => {
    const { statusCode, headers, body } = await request(url, { dispatcher });
    if (statusCode !== 200) throw new Error(`the download returned HTTP ${statusCode}`);
    if (folder === undefined) await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    else {
      await mkdir(folder, { recursive: true });
      await pipeline(body, createWriteStream(join(folder, `${id}.part`)));
      await rename(join(folder, `${id}.part`), join(folder, `${id}.mp4`));
    }
    return Number(headers["content-length"]);
  };
}

/** Sends one signed event by Standard Webhooks. */
export function openAnnouncer(secret: string): (id: string, webhook: string, data: object) => Promise<void> {
  const dispatcher = new Agent({ connections: 64 });
  const webhooks = new Webhook(secret);
  return async (id, webhook, data) => {
    const timestamp = new Date();
    const body = JSON.stringify({ type: "generation.succeeded", timestamp: timestamp.toISOString(), data });
    const headers = {
      "content-type": "application/json",
      "webhook-id": `msg_${id}`,
      "webhook-timestamp": `${Math.floor(timestamp.getTime() / 1_000)}`,
      "webhook-signature": webhooks.sign(`msg_${id}`, timestamp, body),
    };
    const { statusCode, body: answer } = await request(webhook, { method: "POST", dispatcher, headers, body });
    await answer.dump();
    if (statusCode >= 300) throw new Error(`the webhook returned HTTP ${statusCode}`);
  };
}
