// Damage that something other than the storage did to the tables: `verify` finds it, and repairs what it can.
import type { Finding, Storage } from '@rookery/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ask, describeOnPostgres, freshStorage } from '../../testing/postgres.js'
import * as mysql from '../../testing/mysql.js'
import { changeGroup, chatFile, peek, say } from '../../testing/scene.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

interface Chat {
  readonly storage: Storage
  /** Runs SQL without the storage. `person` means the column of a user's number. */
  damage(sql: string): Promise<void>
}

const conversation = `conversation = (SELECT id FROM im_conversation WHERE conversation_id = 'alice-bob')`
const c2c = `conversation_id = 'alice-bob'`
const bob = `person = (SELECT id FROM im_user WHERE user_id = 'bob')`

/** Ten messages of alice to bob, of which three were trimmed, and a group of three. Bob has read five. */
async function fill(storage: Storage): Promise<void> {
  for (let n = 1; n <= 10; n += 1)
    await storage.commit([
      { ...say(`m${n}`, { countable: n !== 6, mentions: n === 9 ? ['bob'] : null }), movesPosition: n !== 8 },
    ])
  const join = ['alice', 'bob', 'carol'].map((userId, at) => ({
    userId,
    role: at === 0 ? ('owner' as const) : ('member' as const),
    reads: 'from-now' as const,
  }))
  await storage.commit([
    { op: 'read', userId: 'bob', conversationId: 'alice-bob', seq: 5, at: 1 },
    { op: 'device', userId: 'bob', deviceId: 'phone', deviceType: 'phone', delivered: { from: 0, to: 4 } },
    {
      op: 'push-register',
      userId: 'bob',
      deviceId: 'phone',
      provider: 'fcm',
      app: '',
      token: 't',
      tokenHash: 't',
      lang: null,
      at: 1,
    },
    changeGroup('g1', null, { name: 'all', join }),
  ])
  const limits = { inboxBefore: null, timelineBefore: null, timelineCount: 7, keysBefore: null }
  for (let after: string | null = null; ;) {
    const { next } = await storage.maintenance.trim(limits, { after, rows: 100 })
    if (next === null) break
    after = next
  }
  expect(await verify(storage, false)).toEqual([])
}

async function verify(storage: Storage, repair: boolean): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (let after: string | null = null; ;) {
    const step = await storage.maintenance.verify({ after, rows: 4, repair })
    findings.push(...step.findings)
    if (step.next === null) return findings
    after = step.next
  }
}

interface Damage {
  readonly does: readonly string[]
  /** `kind id field stored computed` of each finding, and whether it can be repaired. */
  readonly finds: readonly (readonly [found: string, isRepaired: boolean])[]
  readonly only?: 'sqlite' | 'mysql'
}

const damages: Readonly<Record<string, Damage>> = {
  "a conversation's head below its messages": {
    does: [`UPDATE im_conversation SET last_seq = 8 WHERE ${c2c}`],
    finds: [
      ['conversation alice-bob lastSeq 8 10', true],
      ['member alice-bob alice readSeq 10 8', true],
    ],
  },
  'a wrong count of countable messages': {
    does: [`UPDATE im_conversation SET countable = countable + 5 WHERE ${c2c}`],
    finds: [
      ['conversation alice-bob countable 14 9', true],
      // Alice's position is at the head, after everything countable.
      ['member alice-bob alice readOrdinal 9 14', false],
    ],
  },
  'a wrong last countable message': {
    does: [`UPDATE im_conversation SET last_countable_seq = 6 WHERE ${c2c}`],
    finds: [['conversation alice-bob lastCountableSeq 6 10', true]],
  },
  'a wrong count below the floor': {
    does: [`UPDATE im_conversation SET floor_count = 1 WHERE ${c2c}`],
    finds: [['conversation alice-bob floorCount 1 3', true]],
  },
  'a wrong ordinal': {
    does: [`UPDATE im_message SET ordinal = 2 WHERE ${conversation} AND seq = 9`],
    finds: [['message alice-bob 9 ordinal 2 8', true]],
  },
  'a message that is gone': {
    does: [`DELETE FROM im_message WHERE ${conversation} AND seq = 7`],
    finds: [
      ['message alice-bob 7 missing 0 1', false],
      ['entry alice 7 message 7 null', false],
      ['entry bob 7 message 7 null', false],
      ['key alice m7 message null null', true],
    ],
  },
  'the last messages gone': {
    does: [`DELETE FROM im_message WHERE ${conversation} AND seq >= 10`],
    finds: [
      ['message alice-bob 10 missing 0 1', false],
      ['entry alice 10 message 10 null', false],
      ['entry bob 10 message 10 null', false],
      ['key alice m10 message null null', true],
    ],
  },
  'messages left below the floor': {
    does: [`UPDATE im_conversation SET floor_seq = 5, floor_count = 5 WHERE ${c2c}`],
    finds: [['conversation alice-bob floorSeq 5 3', true]],
  },
  'a message that counts as unread for its sender': {
    does: [`UPDATE im_conversation SET a_read_seq = 7, a_read_ordinal = 6 WHERE ${c2c} AND a_read_seq = 10`],
    finds: [
      ['message alice-bob 9 flags 1 17', true],
      ['message alice-bob 10 flags 1 17', true],
    ],
  },
  'a recalled message that counts': {
    does: [`UPDATE im_message SET flags = 9 WHERE ${conversation} AND seq = 9`],
    finds: [['message alice-bob 9 flags 9 25', true]],
  },
  'a wrong count of reactions': {
    does: [`UPDATE im_message SET reactions = '{"x":2}' WHERE ${conversation} AND seq = 9`],
    finds: [['message alice-bob 9 reactions {"x":2} null', true]],
  },
  'a reaction that is not counted': {
    does: [
      `INSERT INTO im_reaction (conversation, seq, person, reaction, control_seq)
        SELECT c.id, 9, u.id, 'x', 10 FROM im_conversation c, im_user u
        WHERE c.conversation_id = 'alice-bob' AND u.user_id = 'bob'`,
    ],
    finds: [['message alice-bob 9 reactions null {"x":1}', true]],
  },
  'exceptional messages that are not found as such': {
    does: [`DELETE FROM im_exceptional WHERE ${conversation}`],
    finds: [['message alice-bob 8 marks 0 1', true]],
    only: 'mysql',
  },
  'messages found as exceptional that are not': {
    does: [
      `INSERT INTO im_exceptional SELECT conversation, seq, sender, 1 FROM im_message WHERE ${conversation} AND seq = 9`,
    ],
    finds: [
      ['message alice-bob 9 marks 0 1', true],
      ['conversation alice-bob lastExceptionalSeq 8 9', true],
    ],
    only: 'mysql',
  },
  'mentions that are not found': {
    does: [`DELETE FROM im_mention WHERE ${conversation}`],
    finds: [['message alice-bob 9 marks 0 1', true]],
    only: 'mysql',
  },
  'wrong ends of what is exceptional and of mentions': {
    does: [`UPDATE im_conversation SET last_exceptional_seq = 0, last_mention_seq = 3 WHERE ${c2c}`],
    finds: [
      ['conversation alice-bob lastExceptionalSeq 0 8', true],
      ['conversation alice-bob lastMentionSeq 3 9', true],
    ],
    only: 'mysql',
  },
  'a read position beyond the head': {
    does: [`UPDATE im_conversation SET b_read_seq = 99 WHERE ${c2c}`],
    finds: [['member alice-bob bob readSeq 99 10', true]],
  },
  'a read position with a wrong ordinal': {
    does: [`UPDATE im_conversation SET b_read_ordinal = 9 WHERE ${c2c}`],
    finds: [['member alice-bob bob readOrdinal 9 5', true]],
  },
  'a delivered position beyond the head': {
    does: [`UPDATE im_conversation SET b_delivered_seq = 50 WHERE ${c2c}`],
    finds: [['member alice-bob bob deliveredSeq 50 10', true]],
  },
  'a membership that is gone': {
    does: [`DELETE FROM im_member WHERE ${conversation} AND ${bob}`],
    finds: [['member alice-bob bob missing 0 1', true]],
  },
  'a wrong count of members': {
    does: [`UPDATE im_conversation SET members = 7 WHERE conversation_id = 'group'`],
    finds: [['conversation group memberCount 7 3', true]],
  },
  "a group member's position beyond the head": {
    does: [`UPDATE im_member SET read_seq = 3 WHERE ${bob} AND NOT ${conversation}`],
    finds: [['member group bob readSeq 3 1', true]],
  },
  "an inbox's head below its entries": {
    does: [`UPDATE im_user SET head = 9 WHERE user_id = 'bob'`],
    finds: [['user bob head 9 11', true]],
  },
  'an entry that is gone': {
    does: [`DELETE FROM im_inbox WHERE ${bob} AND seq = 8`],
    finds: [['entry bob 8 missing 0 1', false]],
  },
  'entries left below the floor': {
    does: [`UPDATE im_user SET floor = 2 WHERE user_id = 'bob'`],
    finds: [['user bob floor 2 0', true]],
  },
  'a device that was told of what is not there': {
    does: [`UPDATE im_push SET pushed_to = 77`],
    finds: [['push bob phone pushedTo 77 11', true]],
  },
  'a device that acknowledged what is not there': {
    does: [`UPDATE im_device SET delivered_to = 77 WHERE ${bob}`],
    finds: [['device bob phone deliveredTo 77 11', true]],
  },
  'a key of a message that never was': {
    does: [`UPDATE im_key SET MESSAGE_OF_KEY WHERE client_msg_id = 'm9'`],
    finds: [['key alice m9 message null null', true]],
  },
  'a pointer that leads elsewhere': {
    does: [`UPDATE im_inbox SET message = 1 WHERE ${bob} AND seq = 9`],
    finds: [['entry bob 9 message null 9', true]],
    only: 'sqlite',
  },
}

const shown = ({ kind, id, field, stored, computed }: Finding): string => `${kind} ${id} ${field} ${stored} ${computed}`

function cases(open: () => Promise<Chat>, dialect: 'sqlite' | 'postgres' | 'mysql'): void {
  for (const [name, { does, finds, only }] of Object.entries(damages)) {
    if (only !== undefined && dialect !== only) continue
    it(`finds ${name}`, async () => {
      const { storage, damage } = await open()
      await fill(storage)
      for (const sql of does) await damage(sql)
      const found = await verify(storage, false)
      expect(found.map(shown)).toEqual(finds.map(([what]) => what))
      expect(found.every(({ repaired }) => !repaired)).toBe(true)

      const repaired = await verify(storage, true)
      const [first] = repaired
      if (finds[0]![1]) expect(first).toMatchObject({ repaired: true })
      const left = (await verify(storage, false)).map(shown)
      const lasting = finds.filter(([what, isRepaired]) => !isRepaired && /missing|entry/.test(what))
      expect(left).toEqual(lasting.map(([what]) => what))
    })
  }

  it('after a repair chat goes on where it was', async () => {
    const { storage, damage } = await open()
    await fill(storage)
    await damage(`UPDATE im_conversation SET last_seq = 8, countable = 2 WHERE ${c2c}`)
    await damage(`UPDATE im_user SET head = 3 WHERE user_id = 'bob'`)
    await verify(storage, true)
    expect(await verify(storage, true)).toEqual([])
    const [sent] = await storage.commit([say('after')])
    expect(sent).toMatchObject({ status: 'stored', seq: 11, ordinal: 10, inbox: [11, 12] })
    const [view] = await storage.conversations.views('bob', ['alice-bob'])
    expect(view).toMatchObject({ seq: 11, readSeq: 5, unread: 5 })
  })

  it('a cursor of another origin is refused', async () => {
    const { storage } = await open()
    for (const after of ['[99,0]', '[0]', '7', 'x', '{}'])
      await expect(storage.maintenance.verify({ after, rows: 10, repair: false })).rejects.toThrow()
  })
}

describe('verify on SQLite', () => {
  cases(async () => {
    const database = chatFile()
    const storage = new TypeOrmStorage({ type: 'better-sqlite3', database, worker: false, synchronous: 'off' })
    await storage.start()
    onTestFinished(() => storage.stop())
    return {
      storage,
      async damage(sql) {
        const text = sql.replaceAll('person', 'user').replace('MESSAGE_OF_KEY', 'message = 999')
        peek(database, (db) => db.exec(text))
      },
    }
  }, 'sqlite')
})

describeOnPostgres('verify on PostgreSQL', () => {
  cases(async () => {
    const { storage, where } = await freshStorage()
    return {
      storage,
      damage: async (sql) => void (await ask(where, sql.replace('MESSAGE_OF_KEY', 'seq = 999'))),
    }
  }, 'postgres')
})

mysql.describeOnMysql('verify on MySQL', () => {
  cases(async () => {
    const { where, drop } = await mysql.freshDatabase()
    const storage = new TypeOrmStorage({ type: 'mysql', ...where })
    await storage.start()
    onTestFinished(async () => {
      await storage.stop()
      await drop()
    })
    return {
      storage,
      async damage(sql) {
        const delivered = `UPDATE im_member SET delivered_seq = 50 WHERE ${bob} AND ${conversation}`
        await mysql.ask(where, sql.includes('b_delivered_seq') ? delivered : sql.replace('MESSAGE_OF_KEY', 'seq = 999'))
      },
    }
  }, 'mysql')
})
