import { writeFileSync } from "node:fs";
import { shownLabel } from "@reelqueue/contracts";
import type { Capabilities, Fact, ModelCapability } from "../capabilities.ts";
import type { Provider } from "../provider.ts";
import { providers } from "../registry.ts";
import type { FileLimits, Interval } from "../rules/file-limits.ts";
import type { FileRule } from "../rules/file-rules.ts";

/** The text of docs/providers.md, from the capability tables; a test compares it with the file. */
export function providersPage(): string {
  const all = Object.values(providers);
  return [
    "# Providers",
    "",
    "Printed from the capability tables by `pnpm --filter @reelqueue/providers page`; a test compares the two. Each fact has",
    "a label and a source: **DOCUMENTED** (stated in the named text) or **INFERRED** (concluded). The README of each",
    "provider has more.",
    "",
    ...overview(all),
    ...all.flatMap(section),
  ].join("\n");
}

function overview(all: readonly Provider[]): string[] {
  const row = (name: string, cell: (capabilities: Capabilities) => string) =>
    `| ${name} | ${all.map(({ capabilities }) => cell(capabilities)).join(" | ")} |`;
  const offers = [
    ["generated audio", "generateAudio"],
    ["watermark", "watermark"],
    ["web search", "webSearch"],
    ["last frame as output", "returnLastFrame"],
    ["safety check", "safetyCheck"],
  ] as const;
  return [
    row("", ({ title }) => title),
    `|---${"|---".repeat(all.length)}|`,
    row("models", ({ models }) => Object.keys(models).map(code).join(", ")),
    row("modes", ({ modes }) => modes.join(", ")),
    ...offers.map(([label, ability]) => row(label, ({ offers: offered }) => yes(offered[ability]))),
    row("inline media", ({ inline }) => inlineOf(inline.value)),
    row("upload of other local files", ({ uploads }) => yes(uploads?.value.includes("bytes") ?? false)),
    row("asset library (`asset://`)", ({ assets }) => yes(assets.value)),
    row("callback", ({ callback }) => (callback === null ? "–" : callback.value.signed ? "signed" : "unsigned")),
    `| an unknown submit is resolved by | ${all.map(reconciliationText).join(" | ")} |`,
    row("failed tasks", ({ chargesFailures: { value } }) =>
      value === "unknown" ? "not documented" : value ? "charged" : "not charged",
    ),
    "",
  ];
}

function reconciliationText({ reconcile }: Provider): string {
  const names = {
    idempotencyKey: "idempotency key",
    clientId: "client id",
    taskList: "task list",
    callback: "callback",
  };
  return reconcile.map(({ by }) => names[by]).join(", ") || "an operator";
}

function section({ capabilities, fileRules }: Provider): string[] {
  const { title, name, docsUrl, models, switches } = capabilities;
  const facts: [string, Fact<unknown> | null | undefined, (value: never) => string][] = [
    ["base URL", capabilities.baseUrl, (value: string) => code(value)],
    ["ratios", capabilities.ratios, (value: string[]) => value.join(", ")],
    ["reference images", capabilities.images, (value: { references: number }) => `up to ${value.references}`],
    ["reference videos", capabilities.videos, upTo],
    ["reference audios", capabilities.audios, upTo],
    ["seed", capabilities.seed, ([min, max]: number[]) => `${min} to ${max}`],
    ["requests per minute", capabilities.requestsPerMinute, String],
    ["polls per minute", capabilities.queriesPerMinute, String],
    ["concurrent tasks", capabilities.inFlight, String],
    ["failed tasks charged", capabilities.chargesFailures, String],
    ["quiet window of an unknown submit", capabilities.quietMs, minutes],
    ["maximum run time", capabilities.longestRunMs, minutes],
    ["results can be had for", capabilities.resultsForMs, (ms: number) => `${ms / 3_600_000} h`],
  ];
  return [
    `## ${title}`,
    "",
    `Account \`provider\`: ${code(name)} · key: ${code(`${name.toUpperCase()}_API_KEY`)} ·`,
    `[documentation](${docsUrl}) ·`,
    `[README](../packages/providers/src/${name}/README.md) · [examples](../examples/modes/${name}.jsonl)`,
    "",
    "| fact | value | source |",
    "|---|---|---|",
    ...facts.flatMap(([label, fact, show]) =>
      fact ? [`| ${label} | ${show(fact.value as never)} | ${basis(fact)} |`] : [],
    ),
    "",
    "| model | vendor's name | resolutions | seconds |",
    "|---|---|---|---|",
    ...Object.entries(models).map(([model, capability]) => modelRow(model, capability)),
    "",
    ...fileRuleTable(fileRules),
    ...switchRows(switches),
  ];
}

function modelRow(model: string, { upstream, resolutions, seconds, automaticSeconds }: ModelCapability): string {
  const [min, max] = seconds.value;
  return `| ${code(model)} | ${code(upstream)} | ${resolutions.value.join(", ") || "–"} | ${min} to ${max}${automaticSeconds.value ? ", or `auto`" : ""} |`;
}

function switchRows(switches: Readonly<Record<string, string>>): string[] {
  const rows = Object.entries(switches).map(([name, effect]) => `* ${code(name)}: ${effect}`);
  return rows.length === 0 ? [] : ["Switches (`switches` of the account):", "", ...rows, ""];
}

function inlineOf(inline: Readonly<Record<string, boolean>>): string {
  const names: Record<string, string> = {
    frames: "frames",
    referenceImages: "reference images",
    videos: "videos",
    audios: "audios",
  };
  return (
    Object.entries(inline)
      .flatMap(([name, accepted]) => (accepted ? [names[name] ?? name] : []))
      .join(", ") || "–"
  );
}

const code = (text: string): string => `\`${text}\``;
const yes = (value: boolean): string => (value ? "yes" : "–");
const upTo = (value: number | null): string => (value === null ? "no fixed limit, not checked" : `up to ${value}`);
const minutes = (ms: number): string => `${ms / 60_000} min`;

function basis({ label, source }: Fact<unknown>): string {
  return `${shownLabel(label)}: ${source.replaceAll("|", "\\|")}`;
}

/** The table of a provider's file rules. */
function fileRuleTable(rules: readonly FileRule[]): string[] {
  if (rules.length === 0) return [];
  const rows = rules.map(({ id, of, limits, on, label, source }) => {
    const condition = on === undefined ? "" : ` (with \`${on}\`)`;
    return `| ${id} | ${of.map(named).join(", ")}${condition} | ${limitsText(limits)} | ${shownLabel(label)}: ${source} |`;
  });
  return ["| rule | files | allowed | source |", "|---|---|---|---|", ...rows, ""];
}

function named(kind: FileRule["of"][number]): string {
  return { frame: "frames", image: "reference images", video: "videos", audio: "audios" }[kind];
}

function limitsText(limits: FileLimits): string {
  const { formats, sidePixels, ratio, areaPixels, bytes, seconds, totalSeconds, framesPerSecond, verticalLines } =
    limits;
  const parts = [
    formats?.join(", "),
    verticalLines?.map((lines) => `${lines}p`).join(", "),
    sidePixels && `sides of ${range(sidePixels)} pixels`,
    areaPixels && `${range(areaPixels)} pixels in total`,
    ratio && `width by height ${range(ratio)}`,
    framesPerSecond && `${range(framesPerSecond)} frames/s`,
    seconds && `${range(seconds)} s`,
    totalSeconds && `${totalSeconds.max} s in total`,
    bytes && `${bytes.open ? "less than" : "up to"} ${bytes.max / 1_048_576} MiB`,
  ];
  return parts.filter((part) => part !== undefined).join("; ");
}

function range({ min, max, open = false }: Interval): string {
  return open ? `more than ${min} and less than ${max}` : `${min} to ${max}`;
}

if (import.meta.main) writeFileSync(new URL("../../../../docs/providers.md", import.meta.url), providersPage());
