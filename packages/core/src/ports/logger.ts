// Where core reports what happens. It never gets tokens, contents or endpoints.

/** Facts beside a line: ids, counts and codes. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Logger {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  /** `error` may have a stack. It goes into the log and never to a client. */
  error(message: string, error: unknown, facts?: LogFacts): void
}
