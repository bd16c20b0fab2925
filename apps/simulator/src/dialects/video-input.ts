const usual = 5;
/** Every vendor's limit for all clips together. */
const mostTogether = 15;

/** INVENTED: clips are not fetched, so the seconds of each are read from a name like `cup-3s.mp4`, else taken to be 5. */
export function videoInputSeconds(urls: readonly string[]): number {
  const each = urls.map((url) => Number(/-(\d{1,2})s\.\w+/.exec(url)?.[1] ?? usual));
  return Math.min(
    mostTogether,
    each.reduce((sum, seconds) => sum + seconds, 0),
  );
}
