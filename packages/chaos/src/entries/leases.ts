/** Leases and limits short enough for a rehearsal; their order is the same as in production. */
export const leases = {
  sendingMs: 6_000,
  submitLeaseMs: 3_000,
  postMs: 4_000,
  grantLeaseMs: 3_000,
  lookLeaseMs: 2_000,
  lookMs: 3_000,
  finalizeLeaseMs: 4_000,
  deliverLeaseMs: 4_000,
  missApartMs: 300,
  turnMs: 200,
  roomMs: 1_000,
};
