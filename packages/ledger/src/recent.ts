/** The moves of the last minutes that Redis acknowledged to this process, oldest first. */
export interface Recent {
  keep(text: string): void;
  texts(): string[];
}

/** Longer than a deposed primary goes on acknowledging writes. */
const keepForMs = 120_000;
/** Some megabytes at most. */
const mostKept = 5_000;

export function openRecent(now: () => number = () => performance.now()): Recent {
  let kept: { text: string; until: number }[] = [];
  const trim = () => {
    const alive = kept.findIndex(({ until }) => until > now());
    kept = alive === -1 ? [] : kept.slice(Math.max(alive, kept.length - mostKept));
  };
  return {
    keep: (text) => {
      kept.push({ text, until: now() + keepForMs });
      if (kept.length > 2 * mostKept) trim();
    },
    texts: () => {
      trim();
      return kept.map(({ text }) => text);
    },
  };
}
