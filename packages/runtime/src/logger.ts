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
import { redact, scrub } from "./redact.ts";

export type LogLevel = LevelWithSilent;

/** For lines about one generation use `log.child({ generation, taskId, account })`. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** The process, for example `submitter`. */
  name: string;
  level?: LogLevel;
  /** Gets each line. Default: standard output, written synchronously. */
  to?: DestinationStream;
}

/** A logger that removes secrets from every line: by field name, by shape and by value. */
export function createLogger({ name, level = "info", to }: LoggerOptions): Logger {
  const logger = pino(
    {
      name,
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // errors are copied before; pino's own serializer would merge their causes into one text
      serializers: { err: (error: unknown) => error },
      hooks: {
        logMethod(values, method) {
          Reflect.apply(method, this, withoutSecrets(values));
        },
        // a secret may be complete only in the formatted line: log.info("token=%s", value)
        streamWrite: scrub,
      },
    },
    to ?? destination({ dest: 1, sync: true }),
  );
  return redactChildren(logger);
}

function withoutSecrets([first, ...rest]: unknown[]): unknown[] {
  if (!(first instanceof Error)) return [first, ...rest].map(redact);
  const message = rest.length > 0 ? rest : [first.message];
  return [{ err: first }, ...message].map(redact);
}

/** Redacts the fields of children, to which pino applies no formatter; their children inherit it. */
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
