export { holdHome, secretIn } from "./home.ts";
export { type Machine, SystemError } from "./machine.ts";
export { freePort, holdPorts, portTaken } from "./ports.ts";
export { ensureRedis } from "./redis/ensure.ts";
export { commandsServed, pingRedis } from "./redis/probe.ts";
export type { Redis } from "./redis/server.ts";
export { type SimulatorProvider, simulatorProviders } from "./simulator/accounts.ts";
export { demoConfig, withApiKey, writeConfigFile } from "./simulator/config.ts";
export { type AppName, appNames, type Ports, type System, type SystemOptions, startSystem } from "./system.ts";
