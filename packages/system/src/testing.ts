export { eventually, type Wait } from "./eventually.ts";
export { type FaultProxy, type NetworkFaults, startFaultProxy } from "./network/fault-proxy.ts";
