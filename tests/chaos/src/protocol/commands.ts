import type { CrashPoint } from "@reelqueue/pipeline";
import fc from "fast-check";
import { type Event, expectOneTaskEach, happen } from "./happen.ts";
import type { RedisFault, System } from "./system.ts";

const which = fc.nat(7);
const fault = fc.option(fc.constantFrom<RedisFault["how"]>("twice", "lost", "dropped"), { nil: undefined, freq: 4 });
const crash = (...points: CrashPoint[]) => fc.option(fc.constantFrom(...points), { nil: undefined, freq: 3 });
const submitPoints = [
  "submit:before-intent",
  "submit:after-intent",
  "submit:after-answer",
  "submit:after-bind",
] as const;

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("enqueue" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("dispatch" as const), lost: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      which,
      again: fc.boolean(),
      crashAt: crash(...submitPoints),
      fault,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("take effect" as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which,
      how: fc.constantFrom(
        "accepted" as const,
        "accepted" as const,
        "throttled" as const,
        "rejected" as const,
        "unsent" as const,
      ),
      fault,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("lose answer" as const, "kill" as const, "call back" as const, "cancel" as const),
      which,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("expire lease" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("reconcile" as const),
      times: fc.constantFrom(1, 3),
      which,
      crashAt: crash("reconcile:after-answer"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("quiet window ends" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("finish" as const),
      which,
      state: fc.constantFrom("succeeded" as const, "failed" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("poll" as const, "review" as const) }) },
);

/** Any sequence of events, on top of one generation that has a job. */
export const commands = fc.commands([event.map((each) => new Command(each))], { maxCommands: 24, size: "max" });

class Command implements fc.AsyncCommand<object, System> {
  readonly #event: Event;

  constructor(event: Event) {
    this.#event = event;
  }

  check(): boolean {
    return true;
  }

  async run(_: object, system: System): Promise<void> {
    await happen(this.#event, system);
    await expectOneTaskEach(system);
  }

  toString(): string {
    const { do: name, ...details } = this.#event;
    const given = Object.entries(details).filter(([, value]) => value !== undefined);
    return given.length === 0 ? name : `${name} (${given.map(([key, value]) => `${key}: ${value}`).join(", ")})`;
  }
}
