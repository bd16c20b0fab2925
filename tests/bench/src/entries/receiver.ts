import { startReceiver } from "@reelqueue/testing";

/** A webhook endpoint that accepts every request and counts the different events. */
await startReceiver({ port: Number(process.env.PORT), keep: "ids" });
process.on("SIGTERM", () => process.exit(0));
