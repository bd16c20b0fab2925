export { eventually, type Wait } from "./eventually.ts";
export {
  type End,
  isHealthy,
  type ProcessSpec,
  type RunningProcess,
  startProcess,
} from "./process/process.ts";
export { type Supervised, supervise } from "./process/supervise.ts";
