import { z } from "zod";
import { failureClasses } from "./generation.ts";

export const eventTypes = [
  "generation.succeeded",
  "generation.failed",
  "generation.canceled",
  "generation.expired",
] as const;
export type EventType = (typeof eventTypes)[number];

/** Body of a webhook (Standard Webhooks); the same bytes in every attempt and replay. */
export const eventSchema = z.object({
  type: z.enum(eventTypes),
  /** Time of the event, not of the delivery, ISO 8601. */
  timestamp: z.iso.datetime(),
  data: z.object({
    id: z.string(),
    state: z.enum(["succeeded", "failed", "canceled", "expired"]),
    account: z.string(),
    tenant: z.string(),
    taskId: z.string().optional(),
    attempt: z.int(),
    batch: z.string().optional(),
    tags: z.array(z.string()).optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
    failure: z.object({ class: z.enum(failureClasses), code: z.string().optional(), message: z.string() }).optional(),
    outputs: z.array(
      z.object({
        kind: z.enum(["video", "last_frame"]),
        /** `<PUBLIC_URL>/v1/generations/:id/outputs/:n`; the path alone if no PUBLIC_URL is set. */
        url: z.string(),
        bytes: z.int(),
        sha256: z.string(),
        contentType: z.string(),
      }),
    ),
    /** What is not by the book about the outputs, or was asked for and could not be had. */
    warnings: z.array(z.string()).optional(),
    cost: z.object({ estimateUsd: z.number().nullable(), settledUsd: z.number().nullable() }),
  }),
});
export type Event = z.infer<typeof eventSchema>;
