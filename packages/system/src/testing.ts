export { eventually, type Wait } from "./eventually.ts";
