// Who is connected, where, in Redis. Everything here may be lost at any time: nodes tell it again.
//
// One key a user says who holds its slots; one hash says which nodes live. Whether a holder counts is judged here, by the
// leases, read beside: so no script needs keys of two places. Presence's time is that of the server that keeps the leases.
import type {
  Claimed,
  Located,
  Login,
  Lost,
  NodeId,
  NodeInfo,
  Presence,
  Renewed,
  SlotHolder,
  UserId,
} from '@rookery/core'
import { faultsOf, open } from './connect.js'
import { type Held, holderFrom, holdersIn, keep } from './holders.js'
import { calls, Keys } from './keys.js'
import { infoOf, leaseOf, Leases, type Told, toldBy } from './leases.js'
import { Line } from './line.js'
import { checkRedisOptions, type RedisOptions, type Settings } from './options.js'
import { lease, look, release, take, watch, watching } from './scripts.js'
import { Watched } from './watched.js'

/** How often a slot is asked for whose holder turns out to be dead. Each time it may be another one by then. */
const attemptsMax = 5

interface Ask {
  readonly login: Login
  readonly since: string
  /** The dead holder that stands in the way. */
  over: string
}

export class RedisPresence implements Presence {
  private readonly settings: Settings
  private readonly line: Line
  private readonly keys: Keys
  private readonly isCluster: boolean
  private readonly watched: Watched
  private forgot: () => void = () => {}
  /** By how much presence's time is ahead of our monotonic clock at most, ms, as the last answer showed. */
  private offsetMs: number | null = null
  private era = ''

  /** @throws Error of one line that names a wrong option and the remedy */
  constructor(options: RedisOptions) {
    this.settings = checkRedisOptions(options)
    const { client, isOurs } = open(this.settings, 'commands')
    const { timeoutMs, logger, prefix } = this.settings
    this.isCluster = client.isCluster
    this.keys = new Keys(prefix)
    this.line = new Line({
      client,
      isOurs,
      timeoutMs,
      logger,
      purpose: 'presence',
      probe: () => this.look(),
      back: () => this.forgot(),
    })
    this.watched = new Watched((added, removed, member) => this.tellWatched(added, removed, member))
    if (!isOurs) for (const fault of faultsOf(client, 'commands')) logger.warn(fault)
  }

  async start(forgot: () => void): Promise<void> {
    this.forgot = forgot
    await this.line.open()
  }

  async claim(login: Login): Promise<Claimed> {
    return this.line.run(async () => {
      const { userId, slot } = login.holder
      // The era first: a login of another one must change nothing.
      const { time, leases } = await this.look()
      const watching = this.watchersOf([userId])
      if (login.since.era !== time.era)
        return { displaced: null, later: null, watchers: this.alive(await watching, leases), time }
      const ask = this.asked(login)
      const [[found], watchers] = await Promise.all([this.take([ask]), watching])
      let [isTaken, before] = resultOf(found)
      let lives = before !== null && (await this.lives([before], leases))[0]!
      for (let n = 1; !isTaken && !lives && n < attemptsMax; n += 1) {
        ask.over = JSON.stringify(before![3])
        ;[isTaken, before] = resultOf((await this.take([ask]))[0])
        lives = before !== null && (await this.lives([before], leases))[0]!
      }
      const other = lives && before![0] === time.era ? holderFrom(userId, slot, before!) : null
      return {
        displaced: isTaken ? other : null,
        later: isTaken ? null : other,
        watchers: this.alive(watchers, leases),
        time,
      }
    })
  }

  async release(holders: readonly SlotHolder[]): Promise<readonly NodeId[]> {
    if (holders.length === 0) return []
    return this.line.run(async (client) => {
      const freed = calls(holders, ({ userId }) => userId, this.isCluster).map((part) =>
        release.run(
          client,
          part.map(({ userId }) => this.keys.user(userId)),
          part.flatMap((holder) => [holder.slot, keep(holder)]),
        ),
      )
      const users = [...new Set(holders.map(({ userId }) => userId))]
      const [leases, watchers] = await Promise.all([this.leases(), this.watchersOf(users), ...freed])
      return this.alive(watchers, leases)
    })
  }

  async renew(node: NodeInfo, leaseMs: number, logins: readonly Login[]): Promise<Renewed> {
    return this.line.run(async (client) => {
      const field = leaseOf(node)
      const sentMs = performance.now()
      const [began, ...told] = (await lease.run(
        client,
        [this.keys.leases],
        [field, leaseMs, infoOf(node)],
      )) as unknown[]
      const { time, leases } = this.heard(sentMs, toldBy(told))
      await this.watched.renew(field)
      const lost: Lost[] = []
      let left = logins.filter(({ since }) => since.era === time.era).map((login) => this.asked(login))
      for (let n = 0; left.length > 0 && n < attemptsMax; n += 1) {
        const found = (await this.take(left)).map(resultOf)
        const stand = left.flatMap((ask, i) => (found[i]![0] ? [] : [{ ask, before: found[i]![1]! }]))
        const lives = await this.lives(
          stand.map(({ before }) => before),
          leases,
        )
        left = []
        stand.forEach(({ ask, before }, i) => {
          const { holder } = ask.login
          if (lives[i]) lost.push({ holder, later: holderFrom(holder.userId, holder.slot, before) })
          else left.push({ ...ask, over: JSON.stringify(before[3]) })
        })
      }
      return { lost, began: began === 1, time }
    })
  }

  async locate(userIds: readonly UserId[]): Promise<readonly Located[]> {
    if (userIds.length === 0) return []
    return this.line.run(async (client) => {
      const parts = calls([...new Set(userIds)], (userId) => userId, this.isCluster)
      const asked = parts.map((part) => client.mget(part.map((userId) => this.keys.user(userId))))
      // The leases come after: whoever holds a slot had its lease before.
      const [leases, ...values] = await Promise.all([this.leases(), ...asked])
      const now = this.now()
      return parts
        .flatMap((part, p) =>
          part.flatMap((userId, i) => (values[p]![i] == null ? [] : holdersIn(userId, values[p]![i]))),
        )
        .filter((holder) => leases.runs(leaseOf(holder), now))
    })
  }

  async watch(nodeId: NodeId, boot: string, added: readonly UserId[], removed: readonly UserId[]): Promise<void> {
    if (added.length + removed.length > 0)
      await this.line.run(() => this.watched.change(leaseOf({ nodeId, boot }), added, removed))
  }

  async nodes(): Promise<readonly NodeInfo[]> {
    return this.line.run(async () => (await this.leases()).nodes(this.now()))
  }

  async leave(nodeId: NodeId, boot: string): Promise<void> {
    await this.line.run((client) => client.hdel(this.keys.leases, leaseOf({ nodeId, boot })))
  }

  async stop(): Promise<void> {
    this.line.close()
  }

  private async look(): Promise<Told> {
    const sentMs = performance.now()
    return this.heard(sentMs, toldBy(await look.run(this.line.client, [this.keys.leases], [])))
  }

  private heard(sentMs: number, told: Told): Told {
    const { era, ms } = told.time
    this.offsetMs = ms - sentMs
    this.era = era
    return told
  }

  /** A time ahead of presence's own counts as now. */
  private asked(login: Login): Ask {
    return { login, since: Math.min(login.since.ms, this.now()).toFixed(3), over: '' }
  }

  private now(): number {
    return performance.now() + this.offsetMs!
  }

  /** The leases as they stand, and nothing else: this is read for every message. */
  private async leases(): Promise<Leases> {
    if (this.offsetMs === null) return (await this.look()).leases
    return new Leases(await this.line.client.hgetall(this.keys.leases))
  }

  /** Whether these holders' nodes live. A lease that is not there may have begun since the leases were read. */
  private async lives(held: readonly Held[], leases: Leases): Promise<readonly boolean[]> {
    const fields = held.map(([, , , [, , , , nodeId, boot]]) => leaseOf({ nodeId, boot }))
    const isAllAlive = fields.every((field) => leases.runs(field, this.now()))
    const known = isAllAlive ? leases : await this.leases()
    const now = this.now()
    return fields.map((field) => known.runs(field, now))
  }

  private alive(watchers: Iterable<string>, leases: Leases): NodeId[] {
    const now = this.now()
    const living = [...watchers].filter((field) => leases.runs(field, now))
    return [...new Set(living.map((field) => (JSON.parse(field) as [NodeId, string])[0]))]
  }

  /** In the order of what was asked. */
  private async take(asks: readonly Ask[]): Promise<string[]> {
    const found = new Map<Ask, string>()
    await Promise.all(
      calls(asks, ({ login }) => login.holder.userId, this.isCluster).map(async (part) => {
        const keys = part.map(({ login }) => this.keys.user(login.holder.userId))
        const told = part.flatMap(({ login: { holder, heardAt }, since, over }) => [
          holder.slot,
          since,
          heardAt,
          keep(holder),
          over,
        ])
        const answers = (await take.run(this.line.client, keys, [asks[0]!.login.since.era, ...told])) as string[]
        part.forEach((ask, i) => found.set(ask, answers[i]!))
      }),
    )
    return asks.map((ask) => found.get(ask)!)
  }

  private async watchersOf(userIds: readonly UserId[]): Promise<ReadonlySet<string>> {
    const parts = calls(userIds, (userId) => userId, this.isCluster)
    const keys = parts.map((part) => part.map((userId) => this.keys.watchers(userId)))
    const found = await Promise.all(keys.map((some) => watching.run(this.line.client, some, [])))
    return new Set((found as string[][]).flat())
  }

  private async tellWatched(added: readonly UserId[], removed: readonly UserId[], member: string): Promise<void> {
    const told = [
      ...added.map((userId) => ({ userId, isAdded: true })),
      ...removed.map((userId) => ({ userId, isAdded: false })),
    ]
    await Promise.all(
      calls(told, ({ userId }) => userId, this.isCluster).map((part) =>
        watch.run(
          this.line.client,
          part.map(({ userId }) => this.keys.watchers(userId)),
          [member, part.filter(({ isAdded }) => isAdded).length],
        ),
      ),
    )
  }
}

/** What `take` found: whether the slot is taken, and who else was there. */
function resultOf(found: string | undefined): [isTaken: boolean, before: Held | null] {
  if (found === undefined || found === '') return [true, null]
  return [found.startsWith('+'), JSON.parse(found.slice(1)) as Held]
}
