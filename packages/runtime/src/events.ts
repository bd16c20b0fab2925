/**
 * Every event that a process logs, as `event` in its line: what it means, and what an operator has to do, if anything.
 * Alarms and dashboards match on these names, never on the text of a line. `docs/events.md` is printed from this list.
 */
export const events: Record<string, { means: string; do?: string }> = {
  "accept.admission_deferred": {
    means: "Rows are accepted, but this process could not admit them; a submitter does it within a second.",
  },
  "account.paused": {
    means:
      "An account takes no submits: its key or balance was refused, or many answers in a row were lost. `reason` says which.",
    do: "Correct the key, the balance or the provider's trouble, then `./reelqueue resume ACCOUNT`. Nothing has failed meanwhile.",
  },
  "api.answer_aborted": { means: "The client closed the connection while its answer was sent." },
  "api.answered": { means: "One HTTP request, with its route, status and time; at level debug." },
  "api.failed": { means: "An unhandled error in the API.", do: "Report it with its `requestId`." },
  "api.open": {
    means: "No API key is configured: every program on this machine may use it.",
    do: "Set `tenants.default.apiKeySha256` in the configuration.",
  },
  "api.unavailable": {
    means: "A request got 503: Redis is unavailable, full or unsafe.",
    do: "See `/readyz` of the API.",
  },
  "callback.late": {
    means: "A provider's callback was not read within 80 ms and was answered with 503; the provider sends it again.",
    do: "Where there are many, Redis or this process is slow: see `/metrics`.",
  },
  "callback.rejected": {
    means: "A provider's callback had a wrong signature, token or body. It changed nothing.",
    do: "Where there are many, compare the callback secret with the provider's.",
  },
  "callbacks.missing": {
    means:
      "Three tasks of an account in a row ended without a callback: its tasks are polled as often as without callbacks, until one comes.",
    do: "Forward `PUBLIC_URL` to `/callbacks` of the API, or unset it.",
  },
  "dashboard.action": { means: "A visitor of the dashboard requested an action; with user, method and path." },
  "dashboard.failed": { means: "An unhandled error in the dashboard.", do: "Report it." },
  "deliver.not_recorded": {
    means: "The result of a webhook attempt was not stored; the webhook is sent again under the same id.",
    do: "See that Redis is available.",
  },
  "finalize.blocked": {
    means:
      "The configuration of this installation forbids the download of a paid video: its address, port or size. The generation waits.",
    do: "Where it is intended, set what `why` names, and restart the finalizers; the download goes on by itself.",
  },
  "finalize.failed_after_all": { means: "A video was a preview, and its task failed; the failure is the provider's." },
  "finalize.job_failed": {
    means: "A finalize job threw. Its due time dispatches it again.",
    do: "Where it repeats, report the error.",
  },
  "finalize.output_lost": {
    means:
      "A paid video is not to be had: its life is over, and the provider gives no URL that works. The generation is `failed`, with the class `output_lost`.",
    do: "`./reelqueue retry ID` downloads it again, without a new attempt, as long as the provider answers; `retry --lost` all of them. Else ask the provider for the file.",
  },
  "finalize.retrying": {
    means: "The outputs could not be downloaded or stored yet; `why` says the reason, `waitMs` when it is tried again.",
  },
  "finalize.succeeded": { means: "The outputs are stored and checked, and the generation is `succeeded`." },
  "ledger.retrying": {
    means: "A write is held in memory and repeated until Redis takes it.",
    do: "See that Redis is available and has room; do not kill this process meanwhile.",
  },
  "login.failed": { means: "A login to the dashboard failed; with the address." },
  "login.succeeded": { means: "A user logged in to the dashboard." },
  "loop.failed": {
    means: "A loop of a process threw and runs again in 1 s.",
    do: "Where it repeats, see that Redis is available.",
  },
  "maintain.failed": {
    means: "One step of maintenance threw and runs again.",
    do: "Where it repeats, report the error.",
  },
  "maintain.redispatched": {
    means: "Jobs were overdue and are dispatched again: a worker died, or BullMQ lost them.",
    do: "Where it repeats, see why workers die.",
  },
  "poll.ended": { means: "A task ended; `to` is the next state of its generation." },
  "poll.not_recorded": {
    means: "The result of a poll was not stored; its lease makes it due again.",
    do: "See that Redis is available.",
  },
  "poll.unknown_status": {
    means: "A provider uses a status that no document names; once for each account and word. Its tasks are polled on.",
    do: "Report the word.",
  },
  "poller.stalled": {
    means:
      "No claim of polls was answered for 90 s: Redis is away, or the process stood still. It exits, and its supervisor starts it again.",
    do: "Where it repeats, see that Redis is available.",
  },
  "poller.tick_failed": {
    means: "The repeatable BullMQ job that wakes the loops failed; the loops have timers of their own.",
  },
  "poller.tick_not_set": { means: "The repeatable BullMQ job could not be set; it is set again after 60 s." },
  "process.close_failed": { means: "Something could not be closed on the way out.", do: "Report the error." },
  "process.failed": {
    means: "An error that nothing caught: the process exits 1, and its work is taken over by leases.",
    do: "Report it.",
  },
  "process.killed": { means: "A second signal: the process exits at once." },
  "process.not_closed": {
    means: "Closing took longer than the grace period; the line names what hung. The process exits 1.",
  },
  "process.not_started": { means: "The process could not start.", do: "The line says what is wrong." },
  "process.stopping": { means: "The process got SIGTERM or SIGINT, takes no new work and ends what is under way." },
  "reconcile.not_recorded": {
    means: "The result of a look-up of a lost POST was not stored; it is looked up again.",
    do: "See that Redis is available.",
  },
  "reconcile.resubmitted_at_risk": {
    means: "A lost POST was sent again as a new attempt, as the account's configuration allows: it may be paid twice.",
  },
  "redis.failover": {
    means: "Another Redis took over, or Redis restarted. `restored` transitions were lost there and were made again.",
  },
  "redis.unsafe": {
    means:
      "Redis could lose what it acknowledged, is nearly full, or its clock differs; under strict durability submits are refused.",
    do: "The line says which setting to change.",
  },
  "review.needed": {
    means: "Nothing can tell whether a POST created a paid task: the generation is `needs_review`.",
    do: "`./reelqueue review` shows the evidence and settles it.",
  },
  "submit.created": { means: "A paid task was created and bound to its generation." },
  "submit.job_failed": {
    means: "A submit job threw. Its due time dispatches it again.",
    do: "Where it repeats, report the error.",
  },
  "submit.late_answer": {
    means: "An answer to a POST came after its generation had moved on; its task is bound or recorded.",
  },
  "submit.rejected": { means: "The provider refused the request; nothing was charged." },
  "submit.task_taken": {
    means: "The provider answered a task id that another generation owns.",
    do: "Ask the provider; the generation is resolved like a lost POST.",
  },
  "submit.unconfirmed": {
    means: "No replica confirmed the intent, so nothing was sent; the generation goes back to the queue.",
  },
  "submit.unknown": { means: "The outcome of a POST is not known; it is looked up before anything is sent again." },
  "task.acknowledged": { means: "An operator has dealt with an orphan; it has left the list." },
  "task.orphaned": {
    means:
      "A paid task exists that no generation owns. `source` says how it was found: `submit`, `callback` or `list`.",
    do: "`./reelqueue orphans` lists them. Look for each at the provider, ask for a refund, then `./reelqueue orphans ack`.",
  },
};
