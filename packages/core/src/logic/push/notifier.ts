// One notification of one device: claims the registration, writes the words, has the provider send, and stores what came of
// it. What is to be tried again is tried from the beginning, after a rest: by then it may have been acknowledged, or read.
import { hash } from 'node:crypto'
import type { Message } from '@rookery/protocol'
import { tokenDigest } from '../../model/digest.js'
import { storedMessageJson } from '../../model/wire.js'
import type { PushRules } from '../../options/push.js'
import type { PushNotification, PushOutcome } from '../../ports/push.js'
import type { PushRegistration, Storage, StorageOp } from '../../ports/storage.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'
import { newestOf, type Pushable } from './decide.js'
import type { Sender } from './sender.js'
import { wordsOf } from './words.js'

interface Parts extends Surroundings {
  readonly boot: string
  readonly rules: PushRules
  readonly storage: Pick<Storage, 'conversations'>
  readonly writer: Writer
  readonly senders: ReadonlyMap<string, Sender>
  /** Of the storage; known once it has started. */
  readonly epoch: () => string
}

/** When to look at the user again, ms from now; null: no need. */
interface Told {
  readonly againMs: number | null
}
const done: Told = { againMs: null }

interface Try {
  attempts: number
  /** Monotonic ms. */
  notBeforeMs: number
}

const restMaxMs = 300_000

export class Notifier {
  /** Registrations to which something is being sent. */
  private readonly busy = new Set<string>()
  /** What is to be tried again. */
  private readonly tries = new Map<string, Try>()

  constructor(private readonly parts: Parts) {}

  has(provider: string): boolean {
    return this.parts.senders.has(provider)
  }

  /** For how long nothing may be sent to a registration, because something is, or failed a moment ago. */
  waitMs(registration: PushRegistration): number {
    const name = nameOf(registration)
    if (this.busy.has(name)) return this.parts.rules.afterMs
    return Math.max(0, (this.tries.get(name)?.notBeforeMs ?? 0) - this.parts.clock.monotonic())
  }

  /** There is nothing to be told any more: what waited to be tried again is forgotten. */
  async release(registration: PushRegistration): Promise<void> {
    const name = nameOf(registration)
    if (this.busy.has(name)) return
    this.tries.delete(name)
    await this.store({ op: 'pushed', ...keyOf(registration), by: this.parts.boot })
  }

  /** @param to up to which place of the inbox the device is told with this */
  message(registration: PushRegistration, pushables: readonly Pushable[], to: number): Promise<Told> {
    return this.claimed(registration, async () => {
      const { userId, deviceId, provider, app, lang } = registration
      const { message, isMentioned, isSilent } = newestOf(pushables)
      const { conversationId, seq, kind } = message
      const conversations = new Set(pushables.map((one) => one.message.conversationId)).size
      const count = pushables.length
      const draft = {
        message: JSON.parse(storedMessageJson(message)) as Message,
        kind,
        userId,
        deviceId,
        provider,
        app,
        lang,
      }
      const [words, badge] = await Promise.all([
        wordsOf(this.parts, { ...draft, count, conversations, isMentioned }),
        this.unreadOf(userId),
      ])
      const told = { kind: 'message', ...words, badge, silent: isSilent, data: { conversationId, seq } } as const
      return this.send(registration, told, count, { to, pushedIn: conversationId })
    })
  }

  /** The user has read elsewhere what the device still shows. */
  async badge(registration: PushRegistration, isOnline: boolean): Promise<Told> {
    const { userId, pushedIn } = registration
    const [view] = await this.parts.storage.conversations.views(userId, [pushedIn!])
    if (view != null && view.unread > 0) return done
    const ends = { pushedIn: null }
    return this.claimed(registration, async () => {
      if (isOnline) {
        await this.store({ op: 'pushed', ...keyOf(registration), by: this.parts.boot, ...ends })
        return done
      }
      const badge = await this.unreadOf(userId)
      const data = { conversationId: pushedIn!, seq: view?.readSeq ?? 1 }
      const told = { kind: 'badge', title: '', body: '', badge, silent: true, data } as const
      return this.send(registration, told, 0, ends)
    })
  }

  private async claimed(registration: PushRegistration, work: () => Promise<Told>): Promise<Told> {
    const { boot, rules } = this.parts
    const name = nameOf(registration)
    this.busy.add(name)
    try {
      const { claim } = registration
      const over = claim === boot ? null : claim
      const isClaimed = await this.store(
        { op: 'push-claim', ...keyOf(registration), by: boot, over },
        (result) => result.isClaimed,
      )
      return isClaimed ? await work() : { againMs: rules.afterMs }
    } finally {
      this.busy.delete(name)
    }
  }

  private async send(
    registration: PushRegistration,
    notification: PushNotification,
    messages: number,
    told: { readonly to?: number; readonly pushedIn: string | null },
  ): Promise<Told> {
    const { rules, clock, senders, boot, epoch, observer } = this.parts
    const { userId, deviceId, provider, app, token, lang, createdAt } = registration
    const { conversationId, seq } = notification.data
    const sender = senders.get(provider)!
    const outcome = await sender.send({
      registration: { userId, deviceId, app, token, lang, createdAt },
      id: idOf([epoch(), userId, deviceId, app, notification.kind, conversationId, String(seq)]),
      collapse: idOf([conversationId]),
      notification,
      expiresAt: clock.now() + rules.ttlMs,
    })
    const { status } = outcome
    const isKept = status === 'dead' && this.isKept(sender)
    if (status === 'sent') sender.deadShare.answered(false)
    const again = status === 'retry' ? this.tryAgain(registration, outcome) : null
    const ended = status === 'retry' && again === null
    const reason = 'reason' in outcome ? (outcome.reason ?? '') : ''
    observer?.push?.told?.({
      provider,
      kind: notification.kind,
      outcome: ended ? 'given-up' : status,
      reason,
      messages,
    })
    if (again !== null) return { againMs: again }
    this.tries.delete(nameOf(registration))
    if (status === 'dead' && !isKept) {
      const which = { provider, app, tokenHash: tokenDigest(token) }
      await this.store({ op: 'push-unregister', userId, deviceId, which })
      return done
    }
    // What the provider never takes is not tried again after a restart either; what could not be sent is.
    await this.store({ op: 'pushed', ...keyOf(registration), by: boot, ...(ended ? {} : told) })
    return done
  }

  private isKept({ deadShare, provider }: Sender): boolean {
    const wasAlarming = deadShare.isAlarming
    deadShare.answered(true)
    if (deadShare.isAlarming && !wasAlarming)
      this.parts.logger.warn('a push provider says of too many tokens that they are gone; they are kept', {
        provider: provider.name,
      })
    return deadShare.isAlarming
  }

  /** After which time it is tried again; null where it was tried often enough. */
  private tryAgain(registration: PushRegistration, outcome: Extract<PushOutcome, { status: 'retry' }>): number | null {
    const { rules, random, clock } = this.parts
    const name = nameOf(registration)
    const attempts = (this.tries.get(name)?.attempts ?? 0) + 1
    if (attempts >= rules.attempts) return null
    const restMs = Math.min(restMaxMs, rules.retryMs * 2 ** (attempts - 1)) * (0.75 + random.next() / 2)
    const againMs = Math.max(restMs, outcome.afterMs ?? 0)
    this.tries.set(name, { attempts, notBeforeMs: clock.monotonic() + againMs })
    return againMs
  }

  private async unreadOf(userId: string): Promise<number> {
    return (await this.parts.storage.conversations.list(userId, null, 1)).unreadTotal
  }

  private store<Op extends StorageOp, T = void>(
    op: Op,
    then: Parameters<typeof commitOne<Op, T>>[4] = () => undefined as T,
  ): Promise<T> {
    const { writer, clock, timing } = this.parts
    return commitOne(writer, clock, timing.sendDeadlineMs, op, then)
  }
}

const keyOf = ({ userId, deviceId, provider, app }: PushRegistration) => ({ userId, deviceId, provider, app })

const nameOf = ({ userId, deviceId, provider, app }: PushRegistration): string =>
  [userId, deviceId, provider, app].join(' ')

/** Ids hold no space, so that no two lists make one text. */
const idOf = (parts: readonly string[]): string => hash('sha256', parts.join(' '), 'hex').slice(0, 32)
