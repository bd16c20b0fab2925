export { eventually, repeat, type Wait } from "./eventually.ts";
export { type FaultProxy, type NetworkFaults, startFaultProxy } from "./network/fault-proxy.ts";
export { type Received, type Receiver, startReceiver } from "./network/receiver.ts";
export { seededNumbers } from "./random.ts";
export { type Bill, type SimulatorRequest, type SimulatorTask, simulatorAt } from "./simulator/simulator-at.ts";
