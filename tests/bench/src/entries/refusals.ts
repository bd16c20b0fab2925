import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

/** Loaded before a worker (`--import`): one line per connection that nobody took, `<ms> <port>`; nobody else can count those. */
const file = process.env.REFUSALS ?? "";

subscribe("undici:client:connectError", (message) => {
  const { connectParams } = message as { connectParams: { port: string } };
  appendFileSync(file, `${Date.now()} ${connectParams.port}\n`);
});
