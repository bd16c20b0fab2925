import type { Output, OutputKind } from "@reelqueue/contracts";

/** Outputs as they lie in a record: a line each of kind, bytes, SHA-256 (base64url), content type and key, in which `*` stands for the generation's id. */
export function outputsText(id: string, outputs: readonly Output[]): string {
  return outputs
    .map(({ kind, bytes, sha256, contentType, key }) =>
      [kind, bytes, Buffer.from(sha256, "hex").toString("base64url"), contentType, key.replaceAll(id, "*")].join("\t"),
    )
    .join("\n");
}

/** The outputs of a record. */
export function outputsOf(id: string, text: string | undefined): Output[] {
  return (text ?? "").split("\n").flatMap((line) => {
    const [kind, bytes, sha256 = "", contentType = "", key = ""] = line.split("\t");
    if (kind === undefined || kind === "") return [];
    return {
      kind: kind as OutputKind,
      key: key.replaceAll("*", id),
      bytes: Number(bytes),
      sha256: Buffer.from(sha256, "base64url").toString("hex"),
      contentType,
    };
  });
}
