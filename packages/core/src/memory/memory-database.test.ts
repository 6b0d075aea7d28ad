import { describe, expect, it } from 'vitest'
import type { AppendOp, StorageOp } from '../ports/storage.js'
import { MemoryDatabase } from './memory-database.js'
import { MemoryStorage } from './memory-storage.js'

let made = 0
const say = (clientMsgId = `c${(made += 1)}`): AppendOp => ({
  op: 'append',
  movesPosition: true,
  members: ['alice', 'bob'],
  message: {
    msgId: `m${(made += 1)}`,
    clientMsgId,
    conversationId: 'alice-bob',
    kind: 'c2c',
    from: 'alice',
    to: 'bob',
    subject: '',
    type: 'text',
    content: '{}',
    ext: null,
    replyTo: null,
    silent: false,
    mentions: ['bob'],
    viaServer: false,
    countable: true,
    clientTime: null,
    serverTime: 1,
    digest: 'd',
  },
})

async function open(database: MemoryDatabase) {
  const storage = new MemoryStorage({ database })
  const { epoch } = await storage.start()
  const state = async () => ({
    inboxes: await Promise.all(['alice', 'bob'].map((user) => storage.timelines.inbox(user, 0, 100))),
    list: await storage.conversations.list('bob', null, 10),
    devices: await storage.devices.list(['bob']),
    loginEpoch: await storage.heads.loginEpoch(),
    key: await storage.keys.find('alice', 'kept'),
  })
  return { storage, epoch, state }
}

describe('a database in memory', () => {
  it('is put back as it was: numbers, positions, keys, devices and logins are those of the backup', async () => {
    const database = new MemoryDatabase()
    const { storage, state } = await open(database)
    await storage.commit([say('kept'), { op: 'device', userId: 'bob', deviceId: 'd', deviceType: 'phone' }])
    const before = await state()
    const backup = database.snapshot()
    const later: StorageOp[] = [
      say('lost'),
      { op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 2, at: 2 },
      { op: 'settings', userId: 'bob', conversationId: 'alice-bob', pinned: true, hidden: true, at: 2 },
      { op: 'device', userId: 'bob', deviceId: 'd', deviceType: 'phone', delivered: { from: 0, to: 2 } },
      { op: 'raise-login', userId: 'bob' },
    ]
    await storage.commit(later)
    const after = await state()
    expect(after).not.toEqual(before)
    database.restore(backup)
    expect(await state()).toEqual(before)
    expect(await storage.commit([say('lost'), say('kept')])).toMatchObject([
      { status: 'stored', seq: 2 },
      { status: 'duplicate', seq: 1 },
    ])
    // A backup can be restored more than once: commits after the first restore are not part of it.
    database.restore(backup)
    expect(await state()).toEqual(before)
  })

  it('keeps the epoch of the backup unless it gets another one', async () => {
    const database = new MemoryDatabase({ epoch: 'first' })
    const backup = database.snapshot()
    database.restore(backup)
    expect((await open(database)).epoch).toBe('first')
    database.restore(backup, { epoch: 'second' })
    expect((await open(database)).epoch).toBe('second')
  })

  it('has its own epoch, as every database that was lost', async () => {
    const epochs = await Promise.all([1, 2, 3].map(async () => (await open(new MemoryDatabase())).epoch))
    expect(new Set(epochs).size).toBe(3)
  })

  it('hands out nothing through which its rows could be changed', async () => {
    const { storage } = await open(new MemoryDatabase())
    const op = say()
    await storage.commit([op])
    const [message] = (await storage.timelines.messages('alice-bob', { limit: 1 })).messages
    expect(Object.isFrozen(message)).toBe(true)
    expect(Object.isFrozen(message!.mentions)).toBe(true)
    expect(message!.mentions).not.toBe(op.message.mentions)
  })

  it('refuses, alone, a message to a group that does not exist', async () => {
    const { storage } = await open(new MemoryDatabase())
    const [group, fine] = [say(), say()]
    const message = { ...group.message, conversationId: 'absent', kind: 'c2g' as const }
    const results = await storage.commit([{ ...group, message }, fine])
    expect(results).toMatchObject([{ status: 'refused' }, { status: 'stored', seq: 1, inbox: [1, 1] }])
    expect(await storage.keys.find('alice', message.clientMsgId)).toBeNull()
  })

  it('counts unread messages that mention somebody, alone or with everybody', async () => {
    const { storage } = await open(new MemoryDatabase())
    const mention = (mentions: readonly string[] | null, from = 'alice'): AppendOp => {
      const op = say()
      return { ...op, movesPosition: false, message: { ...op.message, from, mentions } }
    }
    await storage.commit([
      mention(['bob']),
      mention(['@all']),
      mention(['alice']),
      mention(null),
      mention(['bob'], 'bob'),
    ])
    const mentioned = async (): Promise<number[]> =>
      Promise.all(
        ['alice', 'bob'].map(async (user) => (await storage.conversations.views(user, ['alice-bob']))[0]!.mentioned),
      )
    expect(await mentioned()).toEqual([0, 2])
    await storage.commit([{ op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 1, at: 1 }])
    expect(await mentioned()).toEqual([0, 1])
  })

  it('is used only between start and stop', async () => {
    const storage = new MemoryStorage()
    await expect(storage.heads.loginEpoch()).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
    await storage.start()
    await expect(storage.start()).rejects.toMatchObject({ name: 'StorageError' })
    await storage.stop()
    await expect(storage.heads.loginEpoch()).rejects.toMatchObject({ name: 'StorageError', outcome: 'none' })
  })
})
