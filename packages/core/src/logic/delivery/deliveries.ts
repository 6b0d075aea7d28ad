// What devices acknowledged: gathered in memory, committed in batches, told to senders as receipts.
// Lost on a crash, which is harmless: acknowledgements are cumulative, and the next one says it again.
import type { DeviceId, DeviceType, Seq, UserId } from '@rookery/protocol'
import { receiptJson } from '../../model/events.js'
import type { Timing } from '../../options/limits.js'
import type { Clock, Timer } from '../../ports/clock.js'
import type { Logger } from '../../ports/logger.js'
import type { DeviceOp } from '../../ports/storage.js'
import type { Arming } from './arming.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { FanOut } from './fan-out.js'

/** A device, as its session knows it. */
interface AcknowledgingDevice {
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly deviceType: DeviceType
}

interface Note extends AcknowledgingDevice {
  delivered: { readonly from: Seq; readonly to: Seq } | null
  seenAt: number | null
}

export class Deliveries {
  private notes = new Map<string, Note>()
  /** Sessions whose device was forgotten: what they say after that would make it known again. */
  private readonly forgotten = new WeakSet<AcknowledgingDevice>()
  private timer: Timer | null = null
  private readonly flushing = new Set<Promise<void>>()

  constructor(
    private readonly writer: Writer,
    private readonly fanOut: FanOut,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly timing: Timing,
    private readonly arming: Arming | null,
  ) {}

  /** A device holds everything after `from` up to `to`. */
  acknowledged(device: AcknowledgingDevice, from: Seq, to: Seq): void {
    if (this.forgotten.has(device)) return
    this.arming?.acknowledged(device.userId, from, to)
    const note = this.note(device)
    const before = note.delivered
    if (before === null || before.to < from) note.delivered = { from, to }
    else note.delivered = { from: Math.min(before.from, from), to: Math.max(before.to, to) }
  }

  /** A session of the device ended. */
  seen(device: AcknowledgingDevice): void {
    if (!this.forgotten.has(device)) this.note(device).seenAt = this.clock.now()
  }

  /** A device is being forgotten: drops what waits of it, and what this session of it says from now on. */
  forget(device: AcknowledgingDevice): void {
    this.forgotten.add(device)
    this.notes.delete(keyOf(device))
  }

  /** Whether this session's device was forgotten. */
  hasForgotten(device: AcknowledgingDevice): boolean {
    return this.forgotten.has(device)
  }

  /** The device was not forgotten after all. */
  remember(device: AcknowledgingDevice): void {
    this.forgotten.delete(device)
  }

  /** Commits what waits now, and resolves when all of it is done. */
  async flush(): Promise<void> {
    if (this.timer !== null) this.clock.clearTimeout(this.timer)
    this.timer = null
    const notes = [...this.notes.values()]
    this.notes = new Map()
    for (const note of notes) {
      const run = this.commit(note).finally(() => this.flushing.delete(run))
      this.flushing.add(run)
    }
    await Promise.all(this.flushing)
  }

  private note(device: AcknowledgingDevice): Note {
    const { userId, deviceId, deviceType } = device
    const key = keyOf(device)
    let note = this.notes.get(key)
    if (note === undefined)
      this.notes.set(key, (note = { userId, deviceId, deviceType, delivered: null, seenAt: null }))
    this.timer ??= this.clock.setTimeout(() => {
      this.timer = null
      void this.flush()
    }, this.timing.ackFlushMs)
    return note
  }

  private async commit({ userId, deviceId, deviceType, delivered, seenAt }: Note): Promise<void> {
    const op: DeviceOp = {
      op: 'device',
      userId,
      deviceId,
      deviceType,
      ...(delivered === null ? {} : { delivered }),
      ...(seenAt === null ? {} : { seenAt }),
    }
    try {
      await commitOne(this.writer, this.clock, this.timing.sendDeadlineMs, op, (result) => {
        for (const { conversationId, peerId, deliveredSeq } of result.delivered)
          this.fanOut.hint([peerId], 'receipt', receiptJson({ conversationId, userId, deliveredSeq }))
      })
    } catch (error) {
      this.logger.warn('acknowledgements were not stored; the next ones will say them again', {
        user: userId,
        error: error instanceof Error ? error.message : 'unknown',
      })
    }
  }
}

const keyOf = ({ userId, deviceId }: AcknowledgingDevice): string => `${userId}\n${deviceId}`
