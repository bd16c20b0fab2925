export type { GenerationInput } from "@reelqueue/contracts";
export { StartError } from "@reelqueue/runtime";
export {
  createProducer,
  type Enqueued,
  type EnqueueManyOptions,
  type Producer,
  type ProducerOptions,
  type Quoted,
  type Row,
} from "./create-producer.ts";
