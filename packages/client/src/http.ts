import { ApiError, errorOf, notReelqueue } from "./api-error.ts";

export interface Wish {
  method?: "GET" | "POST";
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  body?: string | Blob | Uint8Array<ArrayBuffer>;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}

/** Calls of one API with one key. Every fault is an ApiError, but for the caller's own signal. */
export interface Http {
  /** The answer, its body not read yet; anything but a 2xx is an ApiError. */
  call(path: string, wish?: Wish): Promise<Response>;
  json<T>(path: string, wish?: Wish): Promise<T>;
}

export function openHttp({ url, key }: { url: string; key?: string | undefined }): Http {
  const root = url.replace(/\/+$/, "");
  const call = async (path: string, wish: Wish = {}): Promise<Response> => {
    const response = await send(root, path, key, wish);
    if (!response.ok) throw await errorOf(response, root);
    return response;
  };
  return {
    call,
    json: async <T>(path: string, wish?: Wish): Promise<T> => {
      const response = await call(path, wish);
      const body = await response.json().catch(() => undefined);
      if (body === undefined) throw notReelqueue(root, response.status);
      return body as T;
    },
  };
}

async function send(root: string, path: string, key: string | undefined, wish: Wish): Promise<Response> {
  const { method = "GET", query = {}, body, contentType, headers, signal } = wish;
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
    throw new ApiError("unreachable", `No reelqueue API answers at ${root}${because(error)}.`, { cause: error });
  }
}

function because(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
}
