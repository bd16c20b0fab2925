import type { Provider, Reconciliation } from "@reelqueue/providers";

/** The changed functions of one reconciliation method. */
export type ReconciliationChange = {
  [By in Reconciliation["by"]]: { by: By } & Partial<Extract<Reconciliation, { by: By }>>;
}[Reconciliation["by"]];

/** The same provider with the functions of one of its reconciliation methods replaced. */
export function withReconciliation(provider: Provider, change: ReconciliationChange): Provider {
  const replaced = (method: Reconciliation) =>
    method.by === change.by ? ({ ...method, ...change } as Reconciliation) : method;
  return { ...provider, reconcile: provider.reconcile.map(replaced) };
}
