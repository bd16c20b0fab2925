import { allRules, large, missed, shared } from "./bounds.ts";
import { type Explored, explore } from "./explore.ts";
import { type Means, type Rules, type Setup, start, type World } from "./state.ts";

export interface Visit extends Explored {
  name: string;
}

/** Visits everything within the large bounds with all rules, then the shortest way to a broken promise without each. */
export function visitAll(say: (line: string) => void): { ok: boolean; visits: Visit[] } {
  const visit = (name: string, from: World, setup: Setup): Visit => {
    const explored = explore(from, setup);
    say(
      `${name}: ${explored.states} states${explored.complete ? "" : ", not all"}: ${explored.violation?.what ?? "no violation"}`,
    );
    for (const event of explored.violation?.path ?? explored.stuck ?? []) say(`    ${event}`);
    return { name, ...explored };
  };
  const every: readonly Means[] = ["lookup", "key", "none"];
  const whole = [
    ...every.map((means) => visit(`all rules, ${means}`, start(1, 2, large), { rules: allRules, means })),
    ...every.map((means) =>
      visit(`all rules, two generations, ${means}`, start(2, 2, shared), { rules: allRules, means }),
    ),
  ];
  const broken = missed.map(([rule, means]) => {
    const rules: Rules = { ...allRules, [rule]: false };
    return visit(`without ${rule}, ${means}`, start(1, 2, large), { rules, means });
  });
  const ok = whole.every(({ complete }) => complete) && broken.every(({ violation }) => violation !== undefined);
  return { ok, visits: [...whole, ...broken] };
}
