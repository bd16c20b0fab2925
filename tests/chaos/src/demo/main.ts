import { once } from "node:events";
import type { DemoMessage, DemoRun } from "@reelqueue/cli/demo";
import { runDemo } from "./run.ts";

/** The run of `./reelqueue demo`, which forks this process; it ends when the command line ends. */
const [run] = (await once(process, "message")) as [DemoRun];
const stop = new AbortController();
process.on("message", (reason) => stop.abort(reason));
process.on("disconnect", () => stop.abort("the command line ended"));
/** A command line that ended hears nothing. */
const tell = (message: DemoMessage) => void process.send?.(message, undefined, undefined, () => {});

tell({ outcome: await runDemo(run, tell, stop.signal) });
if (process.connected) process.disconnect();
