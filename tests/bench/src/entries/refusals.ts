import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

/** Loaded into a worker (`--import`): appends `<ms> <port>` to the file `REFUSALS` for each refused connection. */
const file = process.env.REFUSALS ?? "";

subscribe("undici:client:connectError", (message) => {
  const { connectParams } = message as { connectParams: { port: string } };
  appendFileSync(file, `${Date.now()} ${connectParams.port}\n`);
});
