import { afterEach, describe, expect, it } from 'vitest'
import { MemoryOutbox } from '../../memory/memory-outbox.js'
import type { RookeryOptions } from '../../options/options.js'
import { TestNode } from '@rookery/testing'
import type { Im } from './im.js'

let node: TestNode
afterEach(() => node.stop())

interface Scene {
  readonly im: Im
  readonly outbox: MemoryOutbox
  /** The questions, each with whether it got the transaction. */
  readonly asked: string[]
}

/** A scene in which every call to a provider of the host is recorded by its name. */
async function scene(takesTransaction?: boolean): Promise<Scene> {
  const asked: string[] = []
  const outbox = new MemoryOutbox()
  const note = <T>(name: string, tx: unknown, answer: T): T => {
    asked.push(tx === undefined ? name : tx === running ? `${name} in it` : `${name} elsewhere`)
    return answer
  }
  const takes = takesTransaction === undefined ? {} : { takesTransaction }
  const options: Partial<RookeryOptions> = {
    outbox,
    users: {
      ...takes,
      exists: (userId, tx) => note('exists', tx, !userId.startsWith('nobody')),
      profiles: (ids) => Promise.resolve(note('profiles', undefined, ids).map(() => null)),
    },
    contacts: {
      ...takes,
      mayWrite: (_, to, tx) => note('mayWrite', tx, to !== 'closed'),
      mayAddToGroup: () => note('mayAddToGroup', undefined, true),
      maySeePresence: () => note('maySeePresence', undefined, true),
    },
    names: { names: (_, all) => Promise.resolve(note('names', undefined, all).map(() => null)) },
    hostGroups: { members: () => note('members', undefined, null) },
    types: {
      offer: {
        schema: {
          '~standard': {
            version: 1,
            vendor: 'test',
            validate: (value) => note('schema', undefined, { value: value as { n: number } }),
          },
        },
      },
    },
    handlers: {
      before: () => async () => note('handler', undefined, undefined),
      after: () => undefined,
      topic: () => undefined,
    },
  }
  node = await TestNode.start(options)
  return { im: node.rookery.im as unknown as Im, outbox, asked }
}
let running: unknown

const offer = (to: string) => ({ from: 'ann', to, type: 'offer', content: { n: 1 }, checked: true })

describe('inside a transaction of the host', () => {
  it('nothing of the host is asked that does not take it; rights are checked when the rows are moved', async () => {
    const { im, outbox, asked } = await scene()
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    const { conversationId, seq } = await im.sendC2C({ from: 'ann', to: 'bob', type: 'offer', content: { n: 0 } })
    asked.length = 0
    const tx = outbox.begin()
    running = tx
    const within = im.within(tx)
    const { msgId } = await within.sendC2C(offer('nobody'))
    const closed = await within.sendC2C(offer('closed'))
    await within.sendC2C(offer('dan'))
    await within.sendC2G({ ...offer(groupId), mentions: ['@all'] })
    await within.edit({ conversationId, seq, content: { n: 2 } })
    await within.recall({ conversationId, seq })
    await within.s2c('bob', { topic: 't', payload: 1 })
    await within.groups.create({ owner: 'nobody', name: 'boats', members: ['nobody2'] })
    await within.groups.add(groupId, ['nobody', 'dan'])
    await within.groups.remove(groupId, ['dan'])
    await within.groups.changed(groupId)
    expect(asked).toEqual([])
    tx.commit()
    await expect.poll(() => outbox.read(1)).toEqual([])
    expect(new Set(asked)).toEqual(new Set(['exists', 'mayWrite', 'schema', 'handler', 'members']))
    expect(outbox.reasons.get(msgId)).toBe('NOT_FOUND: no such user')
    expect(outbox.reasons.get(closed.msgId)).toMatch(/^FORBIDDEN: /)
    expect(outbox.reasons.size).toBe(4)
  })

  it('providers that take it are asked in it', async () => {
    const { im, outbox, asked } = await scene(true)
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    asked.length = 0
    const tx = outbox.begin()
    running = tx
    const within = im.within(tx)
    const refused = (call: Promise<unknown>, code: string) => expect(call).rejects.toMatchObject({ code })
    await refused(within.sendC2C(offer('nobody')), 'NOT_FOUND')
    await refused(within.sendC2C(offer('closed')), 'FORBIDDEN')
    await refused(within.groups.create({ owner: 'ann', name: 'boats', members: ['nobody'] }), 'NOT_FOUND')
    await expect(within.groups.add(groupId, ['dan', 'nobody', 'eve', 'nobody2'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { userIds: ['nobody', 'nobody2'] },
    })
    await within.sendC2C(offer('dan'))
    expect(new Set(asked)).toEqual(new Set(['exists in it', 'mayWrite in it']))
    asked.length = 0
    tx.commit()
    await expect.poll(() => outbox.read(1)).toEqual([])
    // No transaction is running any more.
    expect(new Set(asked)).toEqual(new Set(['exists', 'mayWrite', 'schema', 'handler']))
  })

  it('what needs nobody to be asked is refused at once', async () => {
    const { im, outbox } = await scene()
    const { groupId } = await im.groups.create({ owner: 'ann', name: 'cars' })
    const within = im.within(outbox.begin())
    const content = { text: 'x'.repeat(70_000) }
    const refused = (call: Promise<unknown>, code: string) => expect(call).rejects.toMatchObject({ code })
    await refused(within.sendC2C({ ...offer('dan'), content }), 'TOO_LARGE')
    await refused(within.sendC2G({ ...offer(groupId), content }), 'TOO_LARGE')
    await refused(within.sendC2G({ ...offer(groupId), from: 'bob' }), 'NOT_FOUND')
    await refused(within.groups.add('g_none', ['bob']), 'NOT_FOUND')
  })

  it('a provider says whether it takes one by true or false alone', async () => {
    await scene()
    const users = { exists: () => true, takesTransaction: 'yes' as unknown as boolean }
    await expect(TestNode.start({ users })).rejects.toThrow(
      'Rookery option users.takesTransaction is not a boolean: give true where it runs its queries in the tx that it is given.',
    )
  })
})
