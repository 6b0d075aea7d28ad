// The load of one group, in its own process: some of the online members send, each in a closed loop with a fixed number
// of messages unanswered. It counts what all members receive.
import { answerParent } from '../child-answers.js'
import { connect, type RawClient } from '../../support/raw-client.js'
import { bodyOf, numbersIn, wires, type WireName } from './wires.js'

export interface OpenRoom {
  readonly port: number
  readonly wire: WireName
  readonly members: number
  /** How many members connect; all if left out. */
  readonly online?: number
}
export interface StartRoom {
  readonly senders: number
  readonly outstanding: number
}
export interface RoomMark {
  readonly atMs: number
  readonly acknowledged: number
  readonly delivered: number
  readonly latenciesMs: readonly number[]
}
export interface RoomDrained {
  readonly acknowledged: number
  readonly delivered: number
  readonly refused: number
  readonly refusal: string | null
  readonly synced: number
}

const ACK_EVERY_MS = 1000
const DRAIN_MS = 15_000
const AT_ONCE = 50
/** The members of one request; the server's default `limits.list` is twice that. */
const ADDED_AT_ONCE = 100

class Member {
  client!: RawClient
  received = 0
  sent = 0
  unanswered = 0
  /** The last inbox position held, if the server keeps positions. */
  seq = 0
  timelineSeq = 0
  #ackedAt = 0

  constructor(readonly index: number) {}

  async connect(url: string, wire: WireName): Promise<void> {
    const { namespace, readyEvent } = wires[wire]
    let ready = (): void => {}
    const isReady = readyEvent === null ? Promise.resolve() : new Promise<void>((resolve) => (ready = resolve))
    this.client = await connect(url, namespace, wires[wire].auth(this.userId), {
      timeoutMs: 20_000,
      onEventBytes: (json) => this.#hear(json, ready),
    })
    await isReady
  }

  get userId(): string {
    return `g${this.index}`
  }

  acknowledge(): void {
    if (this.received === this.#ackedAt) return
    this.#ackedAt = this.received
    const timelines = this.timelineSeq === 0 ? '' : `,"timelines":{"${room}":${this.timelineSeq}}`
    this.client.request('ack', `{"seq":${this.seq}${timelines}}`)
  }

  #hear(json: Buffer, ready: () => void): void {
    const head = json.toString('latin1', 0, 11)
    if (head.startsWith('["ready"')) {
      const [, data] = JSON.parse(json.toString()) as [string, { seq: number; timelines: { seq: number }[] }]
      this.seq = data.seq
      this.timelineSeq = data.timelines[0]?.seq ?? 0
      ready()
      return
    }
    if (head.startsWith('["sync"')) {
      synced++
      return
    }
    const found = numbersIn(json).length
    this.received += found
    delivered += found
    if (head === '["timeline"') this.timelineSeq += found
    else this.seq += found
  }
}

let members: Member[] = []
let room = ''
let wire: WireName = 'room'
let running = false
let acknowledged = 0
let delivered = 0
let refused = 0
let refusal: string | null = null
let synced = 0
let latenciesMs: number[] = []

const ask = (client: RawClient, event: string, json: string): Promise<string> =>
  new Promise((resolve, reject) => {
    client.request(event, json, (answer) =>
      answer === null ? reject(new Error(`${event}: the connection ended`)) : resolve(answer.toString()),
    )
  })

/** Creates the group and connects the online members, before any measurement. */
async function open({ port, wire: name, members: count, online = count }: OpenRoom): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  wire = name
  members = Array.from({ length: count }, (_, index) => new Member(index))
  const [owner] = members as [Member, ...Member[]]
  if (wire === 'rookery') {
    await owner.connect(url, wire)
    const made = await ask(owner.client, 'group.create', '{"name":"everybody","members":[]}')
    const [{ ok, data }] = JSON.parse(made) as [{ ok: boolean; data: { groupId: string } }]
    if (!ok) throw new Error(made)
    room = data.groupId
    for (let at = 1; at < count; at += ADDED_AT_ONCE) {
      const userIds = members.slice(at, at + ADDED_AT_ONCE).map(({ userId }) => userId)
      const added = await ask(owner.client, 'group.add', JSON.stringify({ groupId: room, userIds }))
      if (!added.startsWith('[{"ok":true')) throw new Error(added)
    }
    await owner.client.close()
  } else room = 'room'
  // The other members never connect.
  members.splice(online)
  let next = 0
  const connectSome = async (): Promise<void> => {
    while (next < online) {
      const member = members[next++]!
      await member.connect(url, wire)
      if (wire !== 'rookery') await ask(member.client, 'join', JSON.stringify(room))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, connectSome))
  if (wire !== 'rookery') return
  // Spread over the second, as independent devices would do it.
  let turn = 0
  const tickMs = 10
  setInterval(() => {
    for (let left = Math.ceil((online * tickMs) / ACK_EVERY_MS); left > 0; left--)
      members[turn++ % online]!.acknowledge()
  }, tickMs)
}

function send(member: Member): void {
  const sentAt = performance.now()
  const number = member.sent++
  const body = bodyOf(number)
  const key = `${member.userId}-${number}`
  const [event, json] =
    wire === 'rookery'
      ? ['c2g', `{"clientMsgId":"${key}","to":"${room}","type":"text","content":{"text":"${body}"}}`]
      : ['say', `{"to":"${room}","clientId":"${key}","body":"${body}"}`]
  member.unanswered++
  member.client.request(event!, json!, (answer) => {
    member.unanswered--
    const { accepted } = wires[wire]
    if (answer?.toString('latin1', 0, accepted.length) === accepted) {
      acknowledged++
      latenciesMs.push(performance.now() - sentAt)
      if (running) send(member)
    } else {
      refused++
      refusal ??= answer?.toString('utf8', 0, 300) ?? 'the connection ended'
    }
  })
}

function start({ senders, outstanding }: StartRoom): void {
  running = true
  for (const member of members.slice(0, senders)) for (let n = 0; n < outstanding; n++) send(member)
}

function mark(): RoomMark {
  const sorted = Float64Array.from(latenciesMs).sort()
  latenciesMs = []
  return { atMs: performance.now(), acknowledged, delivered, latenciesMs: [...sorted] }
}

/** Stops sending, and waits until all members have everything, or until they surely never will. */
async function drain(): Promise<RoomDrained> {
  running = false
  const giveUpAt = performance.now() + DRAIN_MS
  const done = (): boolean =>
    delivered >= acknowledged * members.length && members.every(({ unanswered }) => unanswered === 0)
  while (!done() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 200))
  latenciesMs = []
  return { acknowledged, delivered, refused, refusal, synced }
}

answerParent(null, { open, start, mark, drain })
