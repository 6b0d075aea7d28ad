// Kills the sample app again and again while its users send. The users resend unanswered messages, in order and under
// the same keys, as PROTOCOL asks of a client. At the end every user pulls from zero.
import { answerFault, eventFault } from '@rookery/protocol/schemas'
import { connect, type RawClient } from '../support/raw-client.js'
import type { SampleApp } from '../support/sample-app.js'

interface Sent {
  readonly key: string
  readonly to: string
  /** The content of its acknowledgement; null if none came. */
  ack: { readonly msgId: string; readonly conversationId: string; readonly seq: number } | null
}

interface PulledMessage {
  readonly msgId: string
  readonly clientMsgId: string
  readonly conversationId: string
  readonly seq: number
  readonly from: string
}

/** The faults that the run found, in sentences; and how much it checked. */
interface KillReport {
  readonly faults: readonly string[]
  readonly acknowledged: number
  readonly unanswered: number
  readonly kills: number
}

const users = ['kill-a', 'kill-b', 'kill-c', 'kill-d'] as const
/** The number of messages of one user that are unanswered at the same time. */
const outstanding = 8

/** Runs the given number of kills, then checks. */
export async function killAgainAndAgain(app: SampleApp, kills: number, random: () => number): Promise<KillReport> {
  const tokens = new Map<string, string>()
  for (const user of users) tokens.set(user, await app.register(user))
  const sent = new Map<string, Sent[]>(users.map((user) => [user, []]))
  const faults: string[] = []
  let unanswered = 0
  for (let kill = 0; kill <= kills; kill++) {
    const isLast = kill === kills
    const clients = await Promise.all(users.map((user) => open(app, tokens.get(user)!, user, faults)))
    const flows = clients.map((client, i) =>
      write(client, users[i]!, sent.get(users[i]!)!, random, isLast ? 30 : Infinity, faults),
    )
    if (!isLast) {
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 200))
      await app.kill('SIGKILL')
    }
    unanswered += (await Promise.all(flows)).reduce((sum, n) => sum + n, 0)
    if (isLast) await Promise.all(clients.map((client) => client.close()))
    else await app.start()
  }
  faults.push(...(await check(app, tokens, sent)))
  const acknowledged = [...sent.values()].flat().filter(({ ack }) => ack !== null).length
  return { faults, acknowledged, unanswered, kills }
}

/** Connects a client that notes every event that the protocol does not have. */
async function open(app: SampleApp, token: string, user: string, faults: string[]): Promise<RawClient> {
  const auth = { token, deviceId: `${user}-phone`, deviceType: 'phone', protocol: 1 }
  const client = await connect(app.url, '/im', auth)
  client.onEvent((event, [payload]) => note(faults, eventFault(event, payload)))
  return client
}

function note(faults: string[], fault: string | null): void {
  if (fault !== null) faults.push(fault)
}

/**
 * Resends what is unanswered, then sends on, until the connection ends or enough is sent; returns the number of open
 * messages.
 */
async function write(
  client: RawClient,
  user: string,
  sent: Sent[],
  random: () => number,
  newMax: number,
  faults: string[],
): Promise<number> {
  const open = sent.filter(({ ack }) => ack === null)
  const resend = [...open]
  let written = 0
  await new Promise<void>((resolve) => {
    let inFlight = 0
    let hasEnded = false
    const next = (): void => {
      while (!hasEnded && inFlight < outstanding) {
        let message = resend.shift()
        if (message === undefined) {
          if (written === newMax) break
          const others = users.filter((other) => other !== user)
          message = { key: `${user}-${sent.length}`, to: others[Math.floor(random() * others.length)]!, ack: null }
          sent.push(message)
          written++
        }
        const { key, to } = message
        inFlight++
        const request = { clientMsgId: key, to, type: 'text', content: { text: key } }
        const writing = message
        client.request('c2c', JSON.stringify(request), (json) => {
          inFlight--
          if (json === null) hasEnded = true
          else {
            const [answer] = JSON.parse(json.toString()) as [{ ok: boolean; data: Sent['ack'] }]
            note(faults, answerFault('c2c', answer))
            if (answer.ok) writing.ack ??= answer.data
          }
          next()
        })
      }
      if (inFlight === 0 && (hasEnded || written === newMax)) resolve()
    }
    void client.closed.then(() => {
      hasEnded = true
      next()
    })
    next()
  })
  return sent.filter(({ ack }) => ack === null).length
}

async function check(
  app: SampleApp,
  tokens: ReadonlyMap<string, string>,
  sent: ReadonlyMap<string, readonly Sent[]>,
): Promise<string[]> {
  const faults: string[] = []
  const inboxes = new Map<string, PulledMessage[]>()
  for (const user of users) inboxes.set(user, await pullAll(app, tokens.get(user)!, user, faults))
  for (const [user, messages] of sent) {
    for (const { key, to, ack } of messages)
      for (const reader of [user, to]) {
        const found = inboxes.get(reader)!.filter((message) => message.from === user && message.clientMsgId === key)
        if (found.length > 1) faults.push(`${key} is ${found.length} times in the inbox of ${reader}`)
        if (ack !== null && found.length === 0)
          faults.push(`${key} was acknowledged and is not in the inbox of ${reader}`)
        if (ack !== null && found.some(({ msgId, seq }) => msgId !== ack.msgId || seq !== ack.seq))
          faults.push(`${key} is not in the inbox of ${reader} under the numbers of its acknowledgement`)
      }
    for (const reader of users) faults.push(...orderFaults(user, messages, inboxes.get(reader)!))
  }
  faults.push(...agreementFaults(inboxes))
  return faults
}

/** Everything in the user's inbox, with a fault for each gap. */
async function pullAll(app: SampleApp, token: string, user: string, faults: string[]): Promise<PulledMessage[]> {
  const client = await connect(app.url, '/im', { token, deviceId: `${user}-phone`, deviceType: 'phone', since: 0 })
  const messages: PulledMessage[] = []
  let since = 0
  for (let more = true; more;) {
    const answer = await client.ask<{
      data: { entries: { seq: number; message?: PulledMessage }[]; seq: number; more: boolean }
    }>('pull', { since })
    note(faults, answerFault('pull', answer))
    const { data } = answer
    for (const { seq, message } of data.entries) {
      if (seq !== since + 1) faults.push(`the inbox of ${user} has ${seq} after ${since}`)
      since = seq
      if (message !== undefined) messages.push(message)
    }
    more = data.more
  }
  await client.close()
  return messages
}

/** Checks that one sender's messages to one user stand in the order in which they were first sent. */
function orderFaults(sender: string, sent: readonly Sent[], inbox: readonly PulledMessage[]): string[] {
  const faults: string[] = []
  const place = new Map(sent.map(({ key }, i) => [key, i]))
  const last = new Map<string, number>()
  for (const { from, clientMsgId, conversationId } of inbox) {
    if (from !== sender) continue
    const at = place.get(clientMsgId)
    if (at === undefined) faults.push(`${clientMsgId} was never sent`)
    else if (at < (last.get(conversationId) ?? -1)) faults.push(`${clientMsgId} stands behind a later message`)
    else last.set(conversationId, at)
  }
  return faults
}

/** Checks that conversations have no gap in their numbers, and that both sides have the same message under each. */
function agreementFaults(inboxes: ReadonlyMap<string, readonly PulledMessage[]>): string[] {
  const faults: string[] = []
  const conversations = new Map<string, Map<number, string>>()
  for (const [user, messages] of inboxes) {
    const next = new Map<string, number>()
    for (const { conversationId, seq, msgId } of messages) {
      if (seq !== (next.get(conversationId) ?? 0) + 1)
        faults.push(`${user} has a hole before ${seq} of ${conversationId}`)
      next.set(conversationId, seq)
      const known = conversations.get(conversationId) ?? new Map<number, string>()
      conversations.set(conversationId, known)
      if ((known.get(seq) ?? msgId) !== msgId) faults.push(`${seq} of ${conversationId} is not the same for both`)
      known.set(seq, msgId)
    }
  }
  return faults
}
