import type { Capabilities, Reading } from "./capabilities.ts";
import type { Provider } from "./provider.ts";

/** Every unit price that an account may state: `<model>/<resolution>`, and the same with `+video`. */
export function skusOf({ models }: Pick<Capabilities, "models">): string[] {
  return Object.entries(models).flatMap(([model, { resolutions }]) =>
    resolutions.value.flatMap((resolution) => [`${model}/${resolution}`, `${model}/${resolution}+video`]),
  );
}

/** What an account configures that its provider does not have, one sentence each. */
export function settingsProblems({ capabilities, price }: Provider, reading: Reading): string[] {
  const { title, switches } = capabilities;
  const skus = skusOf(capabilities);
  const unused = price.unit === "second" ? "pricesPerMillionTokens" : "pricesPerSecond";
  const used = price.unit === "second" ? "pricesPerSecond" : "pricesPerMillionTokens";
  return [
    ...(Object.keys(reading[unused] ?? {}).length > 0
      ? [`${unused} has no effect, as ${title} charges by the ${price.unit}; set ${used}`]
      : []),
    ...unknownKeys(reading[used] ?? {}, skus).map(
      (sku) => `${used} has no "${sku}" at ${title}; there are ${skus.join(", ")}`,
    ),
    ...unknownKeys(reading.switches, Object.keys(switches)).map(
      (name) => `switches has no "${name}" at ${title}; there are ${Object.keys(switches).join(", ") || "none"}`,
    ),
  ];
}

function unknownKeys(given: Readonly<Record<string, unknown>>, known: readonly string[]): string[] {
  return Object.keys(given).filter((key) => !known.includes(key));
}
