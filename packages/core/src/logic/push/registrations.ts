// A device says how it can be reached when it is not connected, and takes that back.
import { type RequestOf, RookeryError, type WebPushSubscription } from '@rookery/protocol'
import { tokenDigest } from '../../model/digest.js'
import type { PushRules } from '../../options/push.js'
import type { ImSession } from '../../ports/host.js'
import type { PushProvider } from '../../ports/push.js'
import type { Storage, StorageOp } from '../../ports/storage.js'
import { within } from '../host/deadlines.js'
import { commitOne } from '../storing/commit.js'
import type { Writer } from '../storing/writer.js'
import type { Surroundings } from '../surroundings.js'

interface Parts extends Surroundings {
  readonly rules: PushRules
  readonly storage: Pick<Storage, 'push'>
  readonly writer: Writer
}

type Registering = Pick<ImSession, 'userId' | 'deviceId'>

export class Registrations {
  /** For browsers, told in `ready`; null where the server sends them nothing. */
  readonly webPushKey: string | null
  private readonly providers: ReadonlyMap<string, PushProvider>

  constructor(private readonly parts: Parts) {
    this.providers = new Map(parts.rules.providers.map((one) => [one.name, one]))
    this.webPushKey = this.providers.get('webpush')?.publicKey ?? null
  }

  /**
   * @param isGone whether the device has logged out, or was kicked
   * @throws RookeryError `BAD_REQUEST`; `UNAVAILABLE`
   */
  async register(session: Registering, request: RequestOf<'push.register'>, isGone: () => boolean): Promise<string> {
    const { clock, timing } = this.parts
    const { userId, deviceId } = session
    const { provider: name, app = '', lang = null } = request
    const provider = this.provider(name)
    const token = textOf(name, request.token)
    const at = clock.now()
    const checked = (async () => provider.check?.({ userId, deviceId, app, token, lang, createdAt: at }))()
    await within(clock, timing.handlerDeadlineMs, `the push provider ${name}`, checked)
    await this.makeRoom(session, name, app)
    // A device that has logged out meanwhile has no registrations.
    if (isGone()) return '{}'
    const key = { userId, deviceId, provider: name, app }
    await this.store({ op: 'push-register', ...key, token, tokenHash: tokenDigest(token), lang, at })
    return '{}'
  }

  /** @throws RookeryError `BAD_REQUEST`; `UNAVAILABLE` */
  async unregister(session: Registering, { provider, app = '' }: RequestOf<'push.unregister'>): Promise<string> {
    const { userId, deviceId } = session
    this.provider(provider)
    await this.store({ op: 'push-unregister', userId, deviceId, which: { provider, app, tokenHash: null } })
    return '{}'
  }

  /** A device may not be told any more: it was kicked. */
  forget({ userId, deviceId }: Registering): void {
    const { faults } = this.parts
    this.store({ op: 'push-unregister', userId, deviceId, which: null }).catch((error: unknown) =>
      faults.toError(error, 'push.unregister'),
    )
  }

  private provider(name: string): PushProvider {
    const provider = this.providers.get(name)
    if (provider === undefined) throw new RookeryError('BAD_REQUEST', 'provider: is none that this server has')
    return provider
  }

  /** Devices that are no more leave registrations behind: the oldest goes where there are too many. */
  private async makeRoom({ userId, deviceId }: Registering, provider: string, app: string): Promise<void> {
    const { storage, rules } = this.parts
    const known = await storage.push.list([userId])
    const others = known.filter((one) => one.deviceId !== deviceId || one.provider !== provider || one.app !== app)
    if (others.length < rules.registrations) return
    const oldest = others
      .toSorted((a, b) => a.createdAt - b.createdAt)
      .slice(0, others.length - rules.registrations + 1)
    for (const one of oldest) {
      const which = { provider: one.provider, app: one.app, tokenHash: null }
      await this.store({ op: 'push-unregister', userId, deviceId: one.deviceId, which })
    }
  }

  private store(op: StorageOp): Promise<void> {
    const { writer, clock, timing } = this.parts
    return commitOne(writer, clock, timing.sendDeadlineMs, op, () => {})
  }
}

function textOf(provider: string, token: string | WebPushSubscription): string {
  if ((provider === 'webpush') !== (typeof token === 'object'))
    throw new RookeryError('BAD_REQUEST', "token: is a string, and for webpush the browser's subscription")
  if (typeof token === 'string') return token
  const { endpoint, keys } = token
  return JSON.stringify({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } })
}
