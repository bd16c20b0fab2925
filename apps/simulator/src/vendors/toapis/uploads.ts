import type { Call } from "../../call.ts";
import type { Endpoint } from "../../endpoints.ts";
import { json, type Reply } from "../../http.ts";

const megabyte = 1_000_000;
const mebibyte = 1_048_576;

/** The file extension by content type. */
const extensions: Readonly<Record<string, string>> = {
  // DOCUMENTED: these four.
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  // INFERRED from the original's rules.
  "video/mp4": "mp4",
  "video/quicktime": "mov",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
  "audio/wav": "wav",
  "audio/x-wav": "wav",
};

/** DOCUMENTED: a form with the field `file`, answered with a URL that a create can use. */
export const uploads: Endpoint[] = [
  // DOCUMENTED: at most 10 MB.
  endpoint("image", 10 * megabyte),
  // INFERRED: size from the limit of an asset.
  endpoint("video", 100 * mebibyte),
  endpoint("audio", 100 * mebibyte),
];

function endpoint(kind: string, maxBytes: number): Endpoint {
  const path = `/v1/uploads/${kind}s`;
  const handle = (call: Call) => upload(call, kind, maxBytes);
  return { method: "POST", path, kind: "other", takes: "form", bodyLimitBytes: maxBytes + mebibyte, handle };
}

async function upload(call: Call, kind: string, maxBytes: number): Promise<Reply> {
  const { simulation } = call;
  const file = await fileOf(call);
  if (!file) return refused("the form needs a field named file");
  const contentType = file.type.toLowerCase();
  const extension = extensions[contentType];
  if (extension === undefined || !contentType.startsWith(`${kind}/`))
    return refused(`unsupported file type ${file.type}`);
  if (file.size === 0) return refused("the file is empty");
  if (file.size > maxBytes) return refused(`file too large: at most ${maxBytes} bytes`);
  const id = `upload_${simulation.nextNumber().toString(36).padStart(8, "0")}`;
  const name = `${id}.${extension}`;
  simulation.uploads.set(name, { file: Buffer.from(await file.arrayBuffer()), contentType });
  const url = `${simulation.outputs.baseUrl}/files/uploads/${name}`;
  return json(200, { success: true, message: "", data: { id, url, mime_type: contentType, size: file.size } });
}

async function fileOf({ bytes, headers }: Call): Promise<File | undefined> {
  const contentType = String(headers["content-type"]);
  try {
    const form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
    const file = form.get("file");
    return file instanceof File ? file : undefined;
  } catch {
    return undefined;
  }
}

/** INFERRED: the page lists the cases, but not the body. */
function refused(message: string): Reply {
  return json(400, { success: false, message, data: null });
}
