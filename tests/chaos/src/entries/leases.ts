import { timing } from "@reelqueue/pipeline";

/** Shorter leases and time limits than in production, in the same order. */
export const leases = {
  sendingMs: 6_000,
  submitLeaseMs: 3_000,
  postMs: 4_000,
  grantLeaseMs: 3_000,
  pollLeaseMs: 2_000,
  pollMs: 3_000,
  finalizeLeaseMs: 4_000,
  deliverLeaseMs: 4_000,
  absencesApartMs: 300,
  namedAfterMs: 2_000,
  tickMs: 200,
  diskFullWaitMs: 1_000,
};

const { sendingMs, submitLeaseMs, postMs, pollMs, pollLeaseMs } = timing;
/** `leases` where no process dies: requests have the time of production, however busy the machine. */
export const patientLeases = { ...leases, sendingMs, submitLeaseMs, postMs, pollMs, pollLeaseMs };
