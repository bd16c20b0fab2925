import type { GenerationRequest } from "@reelqueue/contracts";
import { pollTask, type TaskFormat } from "./http/query.ts";
import { type CreateFormat, type CreateRequest, postCreate } from "./http/submit.ts";
import type { Provider, SubmitCall } from "./provider.ts";
import { capabilityRules } from "./rules/capability-rules.ts";
import { inlineStoredMedia } from "./rules/media.ts";

/** The format of one vendor API: the paths and the fields of its requests and answers. */
export interface VendorApi extends CreateFormat, TaskFormat {}

export interface ProviderDefinition extends Omit<Provider, "submit" | "poll"> {
  api: VendorApi;
  /** Builds the create request; media of the media store are data URIs already, if the provider accepts any inline. */
  create(request: GenerationRequest, call: SubmitCall): CreateRequest;
}

/** Builds a provider from the vendor's data: adds the rules of the capability table, `submit` and `poll`. */
export function defineProvider({ api, create, ...definition }: ProviderDefinition): Provider {
  const { capabilities, rules } = definition;
  const acceptsInline = Object.values(capabilities.inline.value).some((accepted) => accepted);
  return {
    ...definition,
    rules: [...capabilityRules(capabilities), ...rules],
    submit: (request, call) =>
      postCreate(api, call, async () => {
        const sent = acceptsInline ? await inlineStoredMedia(request, (url) => call.dataUri(url)) : request;
        return create(sent, call);
      }),
    poll: (taskId, call) => pollTask(api, taskId, call),
  };
}
