const timeoutMs = 60_000;

/** In micro-USD. */
export interface BillSums {
  tasks: number;
  charges: number;
  refunds: number;
  chargedMicroUsd: number;
  refundedMicroUsd: number;
}

export interface Bill extends BillSums {
  /** Only providers with at least one charge. */
  byVendor: Record<string, BillSums>;
  byMarker: Record<string, BillSums & { taskIds: string[] }>;
  /** Markers with more than one charge that was not refunded. */
  duplicates: string[];
}

export interface SimulatorTask {
  id: string;
  marker?: string;
  state: string;
  model: string;
  refunded: boolean;
  /** In ms since 1970. */
  acceptedAt: number;
  endedAt: number;
  /** What the simulator understood; only where it keeps requests. */
  request?: Record<string, unknown>;
}

/** A request that reached the simulator; `at` in ms since 1970. */
export interface SimulatorRequest {
  at: number;
  method: string;
  path: string;
  /** 0: no answer was sent. */
  status: number;
}

/** A client of the simulator's own paths; an answer that is no success rejects. */
export function simulatorAt(url: string) {
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
    const answer = await fetch(`${url}/simulator/${path}`, { signal: AbortSignal.timeout(timeoutMs), ...init });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status} to ${path}`);
    return (await answer.json()) as T;
  };
  /** Numbers of requests by route and status. */
  const routes = async () => {
    const log = await ask<{ routes: Record<string, Record<string, number>> }>("log?limit=1");
    return Object.entries(log.routes).flatMap(([route, statuses]) =>
      Object.entries(statuses).map(([status, count]) => ({ route, status, count })),
    );
  };
  return {
    bill: () => ask<Bill>("ledger"),
    /** The newest tasks, newest first. */
    tasks: async (limit = 100_000) => (await ask<{ tasks: SimulatorTask[] }>(`tasks?limit=${limit}`)).tasks,
    /** The newest requests, newest first. */
    requests: async () => (await ask<{ requests: SimulatorRequest[] }>("log?limit=100000")).requests,
    /** GET requests by provider, whatever the answer. */
    polls: async (): Promise<Record<string, number>> => {
      const polls: Record<string, number> = {};
      for (const { route, count } of await routes()) {
        const provider = /^GET \/([^/]+)/.exec(route)?.[1];
        if (provider !== undefined) polls[provider] = (polls[provider] ?? 0) + count;
      }
      return polls;
    },
    /** Requests answered 429. */
    refused: async () => (await routes()).reduce((sum, { status, count }) => sum + (status === "429" ? count : 0), 0),
    /** Replaces the probabilities of faults. */
    setRates: async (rates: Readonly<Record<string, number>>): Promise<void> => {
      const headers = { "content-type": "application/json" };
      await ask("faults", { method: "POST", headers, body: JSON.stringify({ rates }) });
    },
  };
}
