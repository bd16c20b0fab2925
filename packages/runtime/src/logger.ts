import {
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  destination,
  type LevelWithSilent,
  type Logger as PinoLogger,
  pino,
  stdTimeFunctions,
} from "pino";
import { prettyLine } from "./pretty.ts";
import { redact, scrub } from "./redact.ts";

export type LogLevel = LevelWithSilent;

/** Where lines are about one generation, log through `log.child({ generation, taskId, account })`. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Which process speaks, for example `submitter`. */
  name: string;
  level?: LogLevel;
  /** One readable line each instead of JSON. */
  pretty?: boolean;
  /** Gets each line; left out: standard output, written at once. */
  to?: DestinationStream;
}

/** A logger from which no secret comes out: by field name, by shape and by value. */
export function createLogger({ name, level = "info", pretty = false, to }: LoggerOptions): Logger {
  const out = to ?? destination({ dest: 1, sync: true });
  const logger = pino(
    {
      name,
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // errors arrive copied; pino's own serializer would fold their causes into one text
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(values, method) {
          Reflect.apply(method, this, withoutSecrets(values));
        },
        // a secret may have come together only now: log.info("token=%s", value)
        streamWrite: scrub,
      },
    },
    pretty ? { write: (line) => out.write(prettyLine(line)) } : out,
  );
  return redactChildren(logger);
}

function withoutSecrets([first, ...rest]: unknown[]): unknown[] {
  if (!(first instanceof Error)) return [first, ...rest].map(redact);
  const message = rest.length > 0 ? rest : [first.message];
  return [{ err: first }, ...message].map(redact);
}

/** pino applies no formatter to the fields of a child. Children inherit from their parent, so this covers theirs too. */
function redactChildren(logger: Logger): Logger {
  const { child, setBindings } = logger;
  return Object.assign(logger, {
    child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions) {
      return Reflect.apply(child, this, [redact({ ...bindings }), options]);
    },
    setBindings(this: Logger, bindings: Bindings) {
      Reflect.apply(setBindings, this, [redact({ ...bindings })]);
    },
  });
}
