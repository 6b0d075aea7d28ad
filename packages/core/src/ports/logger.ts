// Where core reports. Never given tokens, contents or endpoints.

/** Facts beside a line; values are ids, counts and codes. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Logger {
  info(message: string, facts?: LogFacts): void
  warn(message: string, facts?: LogFacts): void
  /** `error` may carry a stack; it stays on this side of the wire. */
  error(message: string, error: unknown, facts?: LogFacts): void
}
