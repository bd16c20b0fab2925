export { eventually, repeat, type Wait } from "./eventually.ts";
export { type FaultProxy, type NetworkFaults, startFaultProxy } from "./network/fault-proxy.ts";
export { type Received, type Receiver, startReceiver } from "./network/receiver.ts";
export { seededNumbers } from "./random.ts";
export { simulatorProviders } from "./simulator/accounts.ts";
export { accountsAt, simulatorBaseUrl, simulatorSecrets, writeTestConfig } from "./simulator/config.ts";
export { type Bill, type SimulatorRequest, type SimulatorTask, simulatorAt } from "./simulator/simulator-at.ts";
