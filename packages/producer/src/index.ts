export type { GenerationInput } from "@reelqueue/contracts";
export { StartError } from "@reelqueue/runtime";
export { createProducer, type EnqueueManyOptions, type Producer, type ProducerOptions } from "./create-producer.ts";
export type { Enqueued, Quoted, Row } from "./outcomes.ts";
