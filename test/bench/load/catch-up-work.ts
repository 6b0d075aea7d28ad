// What it costs a device that was away to catch up on many groups, in its own process.
import { createRookery, type Connection, type Inbound } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { answerParent } from '../child-answers.js'
import { databaseUrl } from '../servers/serve.js'

export interface CatchUpAsked {
  readonly readAbove: number
  readonly groups: number
  readonly members: number
  readonly messages: number
  readonly repeats: number
}

interface Page {
  readonly seq: number
  readonly more: boolean
  readonly entries: readonly { readonly kind: string; readonly conversationId?: string; readonly from?: number }[]
  readonly timelines: readonly {
    readonly conversationId: string
    readonly seq: number
    readonly messages: readonly []
  }[]
}

const nowhere: Connection = { emit: () => {}, queuedBytes: 0, stopReading: () => {}, readOn: () => {}, end: () => {} }
const late = 'late'

/** Pulls from nothing to the head as a client does: each page from the last, naming timelines once it knows them. */
async function pullAll(inbound: Inbound): Promise<number> {
  let [since, more, read] = [0, true, 0]
  const timelines: Record<string, number> = {}
  while (more) {
    const page = await new Promise<Page>((resolve, reject) => {
      inbound.request('pull', [{ since, timelines }], (json) => {
        const answer = JSON.parse(json) as { ok: boolean; data: Page }
        if (answer.ok) resolve(answer.data)
        else reject(new Error(json))
      })
    })
    for (const entry of page.entries) {
      if (entry.kind === 'message') read++
      if (entry.kind === 'follow') timelines[entry.conversationId!] = entry.from!
    }
    for (const { conversationId, seq, messages } of page.timelines) {
      timelines[conversationId] = seq
      read += messages.length
    }
    ;[since, more] = [page.seq, page.more]
  }
  return read
}

/** @returns ms for each catch-up */
async function measure({ readAbove, groups, members, messages, repeats }: CatchUpAsked): Promise<number[]> {
  const storage = new TypeOrmStorage({ type: 'postgres', url: databaseUrl(), tablePrefix: `catchup${readAbove}_` })
  const rookery = createRookery({
    storage,
    authenticate: ({ token }) => ({ userId: token }),
    rate: 'off',
    fanout: { readAbove },
    limits: { groupMembers: 10_000 },
  })
  await rookery.start()
  const others = Array.from({ length: members - 2 }, (_, n) => `m${n}`)
  for (let group = 0; group < groups; group++) {
    const { groupId } = await rookery.im.groups.create({ owner: 'm', name: 'one of many', members: [late, ...others] })
    const sends = Array.from({ length: messages }, (_, n) =>
      rookery.im.sendC2G({ from: 'm', to: groupId, type: 'text', content: { text: `${'x'.repeat(88)}${n}` } }),
    )
    await Promise.all(sends)
  }
  const timesMs: number[] = []
  for (let repeat = 0; repeat < repeats; repeat++) {
    const auth = { token: late, deviceId: `d${repeat}`, deviceType: 'phone', since: 0 }
    const inbound = await rookery.gate.open({ auth, headers: {}, ip: '127.0.0.1' }, nowhere)
    const startedAt = performance.now()
    const read = await pullAll(inbound)
    timesMs.push(performance.now() - startedAt)
    // The device also reads each group's message that tells of its creation.
    if (read < groups * messages) throw new Error(`${read} messages of ${groups * messages} were read`)
    inbound.closed()
  }
  await rookery.stop()
  return timesMs
}

answerParent(null, { measure })
