import { ApiError, errorOf, notReelqueue } from "./api-error.ts";

export interface HttpOptions {
  method?: "GET" | "POST";
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: string | Blob | Uint8Array<ArrayBuffer>;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Requests to one API with one key. Every error is an ApiError, except the abort of the caller's own signal. */
export interface Http {
  /** The response with an unread body. A status other than 2xx is an ApiError. */
  call(path: string, options?: HttpOptions): Promise<Response>;
  json<T>(path: string, options?: HttpOptions): Promise<T>;
}

export function openHttp({ url, key }: { url: string; key?: string | undefined }): Http {
  const root = url.replace(/\/+$/, "");
  const call = async (path: string, options: HttpOptions = {}): Promise<Response> => {
    const response = await send(root, path, key, options);
    if (!response.ok) throw await errorOf(response, root);
    return response;
  };
  return {
    call,
    json: async <T>(path: string, options?: HttpOptions): Promise<T> => {
      const response = await call(path, options);
      const body = await response.json().catch(() => undefined);
      if (body === undefined) throw notReelqueue(root, response.status);
      return body as T;
    },
  };
}

async function send(root: string, path: string, key: string | undefined, options: HttpOptions): Promise<Response> {
  const { method = "GET", query = {}, body, contentType, headers, signal } = options;
  const target = new URL(`${root}${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, `${value}`);
  try {
    return await fetch(target, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(contentType !== undefined && { "content-type": contentType }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("unreachable", `No reelqueue API answers at ${root}${causeOf(error)}.`, { cause: error });
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
}
