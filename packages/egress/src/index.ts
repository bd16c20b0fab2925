export * from "./egress.ts";
