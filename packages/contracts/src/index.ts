export * from "./config.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./generation.ts";
export * from "./moves.ts";
export * from "./problem.ts";
export * from "./queues.ts";
export * from "./request.ts";
