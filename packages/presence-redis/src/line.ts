// One way to Redis, with a breaker: while Redis is out a call is refused at once, and one probe a second asks whether it is
// back. A call rejects within its deadline; it may have happened.
import type { Logger } from '@rookery/core'
import { connect } from './connect.js'
import { within } from './deadline.js'
import type { Client } from './options.js'

interface Parts {
  readonly client: Client
  readonly isOurs: boolean
  readonly timeoutMs: number
  readonly logger: Logger
  /** What the line is for, as a line of the log names it. */
  readonly purpose: string
  /** Asks something that succeeds where the line is of use. */
  readonly probe: () => Promise<unknown>
  /** Redis answers again, after calls had failed. */
  readonly back: () => void
}

/** How often Redis is asked whether it is back. */
const probeMs = 1000

/** Answers of a server that cannot serve just now. Any other answer of a server shows that it is there. */
const isOut = /READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS/

export class Line {
  readonly client: Client
  private outBecause: string | null = null
  private timer: NodeJS.Timeout | null = null
  private isClosed = false
  private isProbing = false
  /** What the connection itself complained of last: it says more than the call that failed. */
  private complaint: string | null = null
  private readonly onReady = (): void => {
    if (this.outBecause !== null) void this.probe()
  }

  constructor(private readonly parts: Parts) {
    this.client = parts.client
  }

  get isOut(): boolean {
    return this.outBecause !== null
  }

  /** Connects, if that is ours to do. Where Redis is out it says so, and goes on asking. Never rejects. */
  async open(): Promise<void> {
    const { client, isOurs } = this.parts
    client.on('ready', this.onReady)
    if (isOurs) client.on('error', (error: Error) => (this.complaint = error.message))
    try {
      // Its own wait for an answer may be longer: it tries again by itself.
      if (isOurs && client.status === 'wait') await this.within(connect(client))
      await this.within(this.parts.probe())
    } catch (error) {
      this.failed(error)
    }
  }

  /** @throws Error within the deadline; what was asked may have happened */
  async run<T>(call: (client: Client) => Promise<T>): Promise<T> {
    if (this.outBecause !== null) throw new Error(`Redis is out of reach: ${this.outBecause}`)
    try {
      return await this.within(call(this.client))
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  /** Closes what we opened; a client of the host goes on. */
  close(): void {
    this.isClosed = true
    this.outBecause = 'it was stopped'
    if (this.timer !== null) clearTimeout(this.timer)
    this.client.off('ready', this.onReady)
    if (this.parts.isOurs) this.client.disconnect()
  }

  private within<T>(answer: Promise<T>): Promise<T> {
    return within(this.parts.timeoutMs, answer)
  }

  private failed(error: unknown): void {
    if (this.isClosed || this.outBecause !== null || !isOutage(error)) return
    const { logger, purpose } = this.parts
    this.outBecause = this.reasonOf(error)
    logger.warn(`Redis is out of reach for ${purpose}: this node serves its own users, and asks again every second`, {
      reason: this.outBecause,
    })
    this.probeLater()
  }

  private reasonOf(error: unknown): string {
    const complaint = this.complaint
    this.complaint = null
    return complaint ?? (error instanceof Error ? error.message : 'unknown')
  }

  private probeLater(): void {
    this.timer = setTimeout(() => void this.probe(), probeMs)
    this.timer.unref()
  }

  private async probe(): Promise<void> {
    if (this.isProbing || this.isClosed) return
    this.isProbing = true
    if (this.timer !== null) clearTimeout(this.timer)
    try {
      await this.within(this.parts.probe())
      if (this.isClosed) return
      this.outBecause = null
      this.parts.logger.info(`Redis is back for ${this.parts.purpose}`)
      this.parts.back()
    } catch (error) {
      if (this.isClosed) return
      this.outBecause = this.reasonOf(error)
      this.probeLater()
    } finally {
      this.isProbing = false
    }
  }
}

const isOutage = (error: unknown): boolean =>
  !(error instanceof Error) || error.name !== 'ReplyError' || isOut.test(error.message)
