// Core's logger port on Nest's logger: chat's log lines appear where the host's own do, in the same form.
import { Logger as NestLogger } from '@nestjs/common'
import type { LogFacts, Logger } from '@rookery/core'

/** Writes `message key=value …` under the context `Rookery`. */
export class RookeryLogger implements Logger {
  private readonly nest = new NestLogger('Rookery')

  info(message: string, facts?: LogFacts): void {
    this.nest.log(line(message, facts))
  }

  warn(message: string, facts?: LogFacts): void {
    this.nest.warn(line(message, facts))
  }

  error(message: string, error: unknown, facts?: LogFacts): void {
    const cause = error instanceof Error ? error.message : String(error)
    this.nest.error(line(`${message}: ${cause}`, facts), error instanceof Error ? error.stack : undefined)
  }
}

function line(message: string, facts: LogFacts = {}): string {
  const shown = Object.entries(facts).filter(([, value]) => value !== undefined)
  return [message, ...shown.map(([name, value]) => `${name}=${String(value)}`)].join(' ')
}
