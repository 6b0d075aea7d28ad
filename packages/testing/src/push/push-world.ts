// A small world with its own random history, and the model of who must be told when: written from the promises alone.
//
//  1. What a user's devices did not acknowledge, and the user did not read, is told to each registration in time.
//  2. Nothing is told of what was acknowledged, or read, a moment before or earlier.
//  3. A registration is not told twice unless something new was said between, or a node died.
//  4. Nothing is told to a device that logged out, was kicked or erased, until it registers again.
//  5. A muted conversation is silent, unless the user is mentioned.
import type { PushRequest } from '@rookery/core'
import { FakeDevice, type Wire } from '../fake-device.js'
import type { SeededRandom } from '../seeded-random.js'
import type { VirtualClock } from '../virtual-clock.js'
import type { PushNode, PushNodes } from './push-nodes.js'

/** An acknowledgement or a change counts for certain after this time: it is on its way until then. */
const slackMs = 700
/** A message is told at most this long after it was said: two rounds, and the time of others that are looked at. */
const soonMs = 14_000
/** Where a node died: its lease, a look at the nodes, a sweep, and what an earlier claim of it holds back. */
const lateMs = 75_000

interface Said {
  readonly from: Person
  readonly conversationId: string
  readonly seq: number
  readonly at: number
  readonly mentions: readonly string[]
  /** When a device of the user acknowledged it, or the user read it. */
  doneAt: number
  /** Not for certain: the node that was told so died a moment later, or the erasure of who said it takes its time. */
  isVague: boolean
}

interface Told {
  readonly at: number
  readonly request: PushRequest
}

interface Person {
  readonly userId: string
  readonly held: Map<string, number>
  readonly devices: Map<string, { device: FakeDevice; isAwake: boolean; type: string; node: PushNode }>
  /** Of others, to this user. */
  readonly said: Said[]
  /** When the registration began; null where there is none. */
  registeredAt: number | null
  /** When it ended, and from when on nothing may be told. */
  endedAt: number
  /** When each conversation was muted last, and when that ended. */
  readonly muted: Map<string, { readonly is: boolean; readonly at: number }>
  readonly told: Told[]
  isErased: boolean
}

export class PushWorld {
  readonly faults: string[] = []
  private readonly people: Person[]
  private groupId: string | null = null
  private owner: Person | null = null
  private keys = 0
  /** Requests that a node did not answer before it died: what became of them nobody knows. */
  private unanswered = 0

  constructor(
    private readonly name: string,
    private readonly clock: VirtualClock,
    private readonly random: SeededRandom,
    private readonly nodes: PushNodes,
    /** When nodes died. */
    private readonly deaths: readonly number[],
  ) {
    this.people = ['a', 'b', 'c'].map((letter) => ({
      userId: `${letter}${name}`,
      held: new Map(),
      devices: new Map(),
      said: [],
      registeredAt: null,
      endedAt: -Infinity,
      muted: new Map(),
      told: [],
      isErased: false,
    }))
  }

  /** Something was given to a provider for a user of this world. */
  pushed(request: PushRequest): void {
    const person = this.people.find(({ userId }) => userId === request.registration.userId)
    // An erasure that is under way, or that ended with its node, may have come any far.
    if (person === undefined || (person.isErased && this.unanswered > 0)) return
    const at = this.clock.monotonic()
    const { kind, data, silent } = request.notification
    if (person.endedAt < at - slackMs && person.registeredAt === null && this.unanswered === 0)
      this.fault(person, 'was told without a registration')
    if (kind === 'badge') return
    const last = person.told.at(-1)
    person.told.push({ at, request })
    const one = person.said.find(
      ({ conversationId, seq }) => conversationId === data.conversationId && seq === data.seq,
    )
    if (one === undefined && this.unanswered > 0) return
    if (one === undefined)
      return this.fault(person, `was told of ${data.conversationId} ${data.seq}, which nobody said to it`)
    if (one.doneAt < at - slackMs && !one.isVague)
      this.fault(person, `was told of ${data.seq}, which was acknowledged or read`)
    const muted = person.muted.get(data.conversationId)
    if (muted !== undefined && muted.at < at - slackMs) {
      const isSilent = muted.is && !one.mentions.includes(person.userId)
      if (silent !== isSilent) this.fault(person, `was told of ${data.seq} ${silent ? 'without' : 'with'} a sound`)
    }
    const isNew = person.said.some((said) => last === undefined || said.at > last.at - 1)
    if (!isNew && !this.diedSince(last!.at, at)) this.fault(person, `was told twice of ${data.seq}`)
  }

  /** Most people register at once. */
  async begin(): Promise<void> {
    for (const person of this.people) {
      if (this.random.int(4) === 0) continue
      await this.register(person)
      if (this.random.int(2) === 0) person.devices.get('phone')?.device.disconnect()
    }
  }

  async step(): Promise<void> {
    const { random } = this
    const person = this.people[random.int(3)]!
    if (person.isErased) return
    switch (random.int(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.say(person)
      case 4:
      case 5:
        return void (await this.connect(person))
      case 6:
        return this.disconnect(person)
      case 7:
        return this.read(person)
      case 8:
      case 12:
      case 13:
        return this.mute(person)
      case 9:
        return this.register(person)
      case 10:
        return random.int(4) === 0 ? this.kick(person) : this.logout(person)
      case 11:
        return random.int(6) === 0 ? this.erase(person) : this.say(person)
    }
  }

  /** After everything has settled. */
  check(): void {
    for (const person of this.people) {
      const { registeredAt, said, told } = person
      if (registeredAt === null || person.isErased) continue
      for (const one of said) {
        if (one.at <= registeredAt) continue
        const limit = one.at + (this.diedSince(one.at - lateMs, one.at + soonMs) ? lateMs : soonMs)
        if (one.doneAt <= limit || limit > this.clock.monotonic()) continue
        // Of what comes at once the newest is told.
        if (told.some(({ at }) => at >= one.at && at <= limit)) continue
        this.fault(person, `was not told of ${one.conversationId} ${one.seq} of ${one.at}`)
      }
    }
  }

  /** A node died: its clients notice, and what it was told just before may be lost. */
  died(node: PushNode): void {
    for (const person of this.people) {
      const mine = [...person.devices.values()].filter((one) => one.node === node)
      for (const { device } of mine) device.disconnect()
      if (mine.length > 0)
        for (const one of person.said) if (one.doneAt > this.clock.monotonic() - 2 * slackMs) one.isVague = true
    }
  }

  close(): void {
    for (const { devices } of this.people) for (const { device } of devices.values()) device.disconnect()
  }

  private fault(person: Person, what: string): void {
    this.faults.push(`${this.clock.monotonic()} ms: ${person.userId} ${what}`)
  }

  private diedSince(from: number, to: number): boolean {
    return this.deaths.some((at) => at >= from - lateMs && at <= to)
  }

  private async say(from: Person): Promise<void> {
    const sender = await this.sender(from)
    if (sender === null) return
    const clientMsgId = `${this.name}-${(this.keys += 1)}`
    const message = { clientMsgId, type: 'text', content: { text: 'x' } }
    const others = this.people.filter((one) => one !== from && !one.isErased)
    if (this.random.int(3) === 0) {
      if (this.owner === null) {
        this.owner = from
        this.groupId = await this.made(sender)
      }
      if (this.groupId === null) return
      const mentions = this.random.int(2) === 0 ? others.slice(0, 1).map(({ userId }) => userId) : []
      const sent = await this.ask(sender, 'c2g', { ...message, to: this.groupId, mentions })
      if (sent !== null) for (const one of others) this.note(from, one, sent, mentions)
      if (sent !== null) this.has(from, sent.conversationId, sent.seq)
      return
    }
    const to = others[this.random.int(others.length)]
    if (to === undefined) return
    const sent = await this.ask(sender, 'c2c', { ...message, to: to.userId })
    if (sent !== null) this.note(from, to, sent, [])
    if (sent !== null) this.has(from, sent.conversationId, sent.seq)
  }

  private note(from: Person, person: Person, { conversationId, seq }: Wire, mentions: readonly string[]): void {
    const doneAt = person.held.get(`${conversationId} ${seq}`) ?? Infinity
    person.said.push({ from, conversationId, seq, at: this.clock.monotonic(), mentions, doneAt, isVague: false })
  }

  private async made(sender: FakeDevice): Promise<string | null> {
    const members = this.people.map(({ userId }) => userId)
    return (await this.ask(sender, 'group.create', { name: 'g', members }))?.groupId ?? null
  }

  /** Sending moves the position, and the conversation is read up to there. */
  private has(person: Person, conversationId: string, seq: number): void {
    const at = this.clock.monotonic()
    for (const one of person.said)
      if (one.conversationId === conversationId && one.seq <= seq) one.doneAt = Math.min(one.doneAt, at)
  }

  private async sender(person: Person): Promise<FakeDevice | null> {
    for (const { device } of person.devices.values()) if (!device.isClosed) return device
    return this.connect(person, 'web')
  }

  private async connect(person: Person, type = ['phone', 'web'][this.random.int(2)]!): Promise<FakeDevice | null> {
    const before = person.devices.get(type)
    if (before !== undefined && !before.device.isClosed) return before.device
    const node = this.nodes.living[this.random.int(this.nodes.living.length)]!
    const isAwake = this.random.int(3) > 0
    const deviceId = `${person.userId}-${type}`
    const auth = { token: person.userId, deviceId, deviceType: type, since: 0 }
    let device: FakeDevice | null = null
    const acknowledge = (): void => {
      if (isAwake) void this.pull(person, device!)
    }
    const onEvent = ({ event, payload }: { event: string; payload: Wire }): void => {
      if (device === null || device.isClosed) return
      if (event === 'sync') acknowledge()
      if (event !== 'entries' || !isAwake) return
      this.holds(person, payload.entries)
      device.tell('ack', { seq: payload.entries.at(-1).seq })
    }
    try {
      device = await FakeDevice.connect(node.rookery.gate, auth, { onEvent, onMisshapen: null })
    } catch {
      return null
    }
    person.devices.set(type, { device, isAwake, type, node })
    acknowledge()
    return device
  }

  private async pull(person: Person, device: FakeDevice): Promise<void> {
    for (let since = 0; !device.isClosed;) {
      const page = await this.ask(device, 'pull', { since })
      if (page === null || page.reset) return
      this.holds(person, page.entries)
      since = page.seq
      if (page.more) continue
      device.tell('ack', { seq: since })
      return
    }
  }

  private holds(person: Person, entries: readonly Wire[]): void {
    const at = this.clock.monotonic()
    for (const { kind, message } of entries) {
      if (kind !== 'message') continue
      const name = `${message.conversationId} ${message.seq}`
      if (!person.held.has(name)) person.held.set(name, at)
      const one = person.said.find(({ conversationId, seq }) => `${conversationId} ${seq}` === name)
      if (one !== undefined) one.doneAt = Math.min(one.doneAt, at)
    }
  }

  private async disconnect(person: Person): Promise<void> {
    for (const { device } of person.devices.values()) if (this.random.int(2) === 0) device.disconnect()
  }

  private async read(person: Person): Promise<void> {
    const one = person.said[this.random.int(person.said.length)]
    const device = await this.sender(person)
    if (one === undefined || device === null) return
    const { conversationId } = one
    const answer = await this.ask(device, 'read', { conversationId, seq: one.seq })
    if (answer !== null) this.has(person, conversationId, one.seq)
  }

  private async mute(person: Person): Promise<void> {
    const one = person.said[this.random.int(person.said.length)]
    const device = await this.sender(person)
    if (one === undefined || device === null) return
    const { conversationId } = one
    const is = this.random.int(4) > 0
    person.muted.delete(conversationId)
    const answer = await this.ask(device, 'conversation.update', { conversationId, muted: is })
    if (answer !== null) person.muted.set(conversationId, { is, at: this.clock.monotonic() })
  }

  private async register(person: Person): Promise<void> {
    const device = await this.connect(person, 'phone')
    if (device === null || device.isClosed) return
    const answer = await this.ask(device, 'push.register', { provider: 'fake', token: person.userId })
    if (answer === null) return
    // What was said before a registration that is new is not told by it.
    person.registeredAt ??= this.clock.monotonic()
    person.endedAt = Infinity
  }

  private async kick(person: Person): Promise<void> {
    const node = this.nodes.living[0]!
    const wasOnline = isOpen(person.devices.get('phone')?.device)
    await node.rookery.im.kick(person.userId)
    // A kick that meets no session of the phone leaves its registration.
    if (wasOnline && person.registeredAt !== null) this.ends(person)
  }

  private async logout(person: Person): Promise<void> {
    const phone = person.devices.get('phone')?.device
    if (!isOpen(phone)) return
    phone!.tell('logout', {})
    this.ends(person)
  }

  private async erase(person: Person): Promise<void> {
    person.isErased = true
    this.ends(person)
    // Its messages are as recalled, and a group that it owned is dissolved.
    const isGone = ({ from, conversationId }: Said): boolean =>
      from === person || (conversationId === this.groupId && person === this.owner)
    const at = this.clock.monotonic()
    for (const { said } of this.people)
      for (const one of said) if (isGone(one)) [one.doneAt, one.isVague] = [Math.min(one.doneAt, at), true]
    // Until it is done the user may still be told.
    this.unanswered += 1
    await this.nodes.living[0]!.rookery.maintenance.eraseUser(person.userId, { ownedGroups: 'dissolve' })
    this.unanswered -= 1
    person.endedAt = this.clock.monotonic()
  }

  /** The data of an answer; null where there is none. */
  private async ask(device: FakeDevice, event: string, request: object): Promise<Wire> {
    if (device.isClosed) return null
    this.unanswered += 1
    const answer = await device.request(event, request)
    this.unanswered -= 1
    return answer.ok ? answer.data : null
  }

  private ends(person: Person): void {
    person.registeredAt = null
    person.endedAt = this.clock.monotonic()
  }
}

const isOpen = (device: FakeDevice | undefined): boolean => device !== undefined && !device.isClosed
