export function takeLock(path: string): { release: () => void } | { heldBy: number };
export function stampOf(pid: number): string;
export function isRunning(stamp: string): boolean;
