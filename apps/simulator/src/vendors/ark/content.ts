import type { Part } from "./schema.ts";

/** The first violation of the rules for combining parts. DOCUMENTED: three mutually exclusive modes with maximum counts. */
export function contentProblem(content: readonly Part[]): string | undefined {
  const text = content.some((part) => part.type === "text" && part.text.trim() !== "");
  const roles = rolesOf(content);
  if (roles === undefined) return "role must be specified for image contents";
  const count = (role: string) => roles.filter((each) => each === role).length;
  const frames = count("first_frame") + count("last_frame");
  if (!text && roles.length === 0) return "text is required where nothing else is given";
  for (const [role, words] of [
    ["first_frame", "first frame"],
    ["last_frame", "last frame"],
  ] as const) {
    if (count(role) > 1) return `expected at most one ${words} image content but got ${count(role)} instead`;
  }
  if (count("last_frame") > count("first_frame")) return "last frame needs a first frame";
  if (frames > 0 && frames < roles.length)
    return "first/last frame content cannot be mixed with reference media content";
  if (count("reference_image") > 9) return "at most 9 reference images";
  if (count("reference_video") > 3) return "at most 3 reference videos";
  if (count("reference_audio") > 3) return "at most 3 reference audios";
  if (roles.length > 0 && count("reference_audio") === roles.length) return "audio needs a reference image or video";
  return undefined;
}

/** The role of every file; a single image needs none. Undefined if one of several images has no role. */
function rolesOf(content: readonly Part[]): string[] | undefined {
  const files = content.filter((part) => part.type !== "text");
  const images = files.filter(({ type }) => type === "image_url");
  if (images.length > 1 && images.some(({ role }) => role === undefined)) return undefined;
  return files.map(({ role }) => role ?? "first_frame");
}
