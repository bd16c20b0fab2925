import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createProducer, type GenerationInput, type Row, StartError } from "@reelqueue/producer";

/**
 * Enqueues the shots of a short film directly in Redis: `node src/main.ts [count]`.
 * Without REDIS_URL it uses the system that `npm start` runs in this folder.
 */
const home = resolve(process.env.REELQUEUE_HOME || join(import.meta.dirname, "../../../.reelqueue"));
const configPath = process.env.REELQUEUE_CONFIG || join(home, "config.json");
const count = Number(process.argv[2] ?? 3);
if (!Number.isSafeInteger(count) || count < 1) {
  console.error(`The number of shots is "${process.argv[2]}"; give a whole number from 1.`);
  process.exit(2);
}

try {
  await using producer = await createProducer({ redisUrl: redisUrl(), home, configPath, env: process.env });
  const startedAt = performance.now();
  const answers = await producer.enqueueMany(shots(count), { batch: "film" });
  const ms = Math.round(performance.now() - startedAt);
  for (const [i, answer] of answers.slice(0, 10).entries()) console.log(`shot ${i + 1}: ${describe(answer)}`);
  console.log(`${answers.length} shots in ${ms} ms. Follow them with: ./reelqueue list --batch film`);
  process.exitCode = answers.every(({ kind }) => kind === "accepted" || kind === "existing") ? 0 : 1;
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** With the idempotency keys a second run finds the same generations instead of paying for them again. */
function* shots(length: number): Generator<GenerationInput> {
  const dawn = join(import.meta.dirname, "../../media/dawn.jpg");
  for (let i = 0; i < length; i += 1) {
    yield {
      prompt: `Shot ${i + 1}: the light moves on over the plain, slow push in`,
      images: i === 0 ? [{ url: dawn, role: "first_frame" }] : [],
      resolution: "480p",
      seconds: 4,
      metadata: { shot: i + 1 },
      idempotencyKey: `film-${i + 1}`,
    };
  }
}

function describe(answer: Row): string {
  switch (answer.kind) {
    case "accepted":
    case "existing":
      return `${answer.kind} as ${answer.id} on ${answer.account}, ${answer.quote.usd === null ? "price unknown" : `$${answer.quote.usd}`}`;
    case "refused":
      return `refused: ${answer.problems.map(({ field, given, allowed }) => `${field} is ${given}, allowed: ${allowed}`).join("; ")}`;
    case "mismatch":
      return `its key was used with another body: ${answer.id}`;
    case "valid":
      return "valid, but not written";
  }
}

function redisUrl(): string {
  const port = join(home, "redis/port");
  return process.env.REDIS_URL || `redis://127.0.0.1:${existsSync(port) ? readFileSync(port, "utf8").trim() : 6379}`;
}
