// Tests which operations wait for each kind of held row. They are the same for every dialect that locks rows.
import { RowsHeld, type AppendOp, type Storage, type StorageOp } from '@rookery/core'
import { expect } from 'vitest'
import { changeGroup, say } from './scene.js'

const between = (from: string, to: string, key: string): AppendOp => ({
  ...say(key, { from, to, conversationId: [from, to].toSorted().join('-') }),
  members: [from, to],
})

const inGroup = (from: string, key: string): AppendOp => ({
  ...say(key, { from, to: null, conversationId: 'group', kind: 'c2g' }),
  members: ['a', 'b', 'e'],
})

/** @param holding runs the work while another transaction holds the rows of a statement */
export async function heldRows(
  storage: Storage,
  holding: (sql: string, work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const made = changeGroup('made', null, {
    name: 'g',
    join: ['a', 'b', 'e'].map((userId) => ({ userId, role: userId === 'a' ? 'owner' : 'member', reads: 'from-now' })),
  })
  await storage.commit([
    between('a', 'b', '1'),
    between('c', 'd', '1'),
    { ...made, message: { ...made.message, conversationId: 'group', kind: 'c2g', from: 'a', to: null } },
    { op: 'device', userId: 'b', deviceId: 'phone', deviceType: 'phone', delivered: { from: 0, to: 1 } },
  ])
  const user = (id: string): string => `(SELECT id FROM im_user WHERE user_id = '${id}')`
  const group = `(SELECT id FROM im_conversation WHERE conversation_id = 'group')`
  const device = (to: number): StorageOp => ({
    op: 'device',
    userId: 'b',
    deviceId: 'phone',
    deviceType: 'phone',
    delivered: { from: 0, to },
  })
  const dissolve = (key: string): StorageOp => {
    const op = changeGroup(key, null, { dissolve: true })
    return { ...op, message: { ...op.message, conversationId: 'group', kind: 'c2g', from: 'a', to: null } }
  }
  let count = 0
  const cases: readonly [row: string, needing: (key: string) => readonly StorageOp[]][] = [
    [`im_user WHERE user_id = 'b'`, (key) => [between('a', 'b', key), inGroup('a', `g${key}`), device(2)]],
    [
      `im_conversation WHERE conversation_id = 'a-b'`,
      (key) => [between('a', 'b', key), { op: 'read', userId: 'b', conversationId: 'a-b', seq: 1, at: 1 }],
    ],
    [
      `im_member WHERE conversation = ${group} AND person = ${user('b')}`,
      () => [{ op: 'read', userId: 'b', conversationId: 'group', seq: 1, at: 1 }],
    ],
    [`im_device WHERE person = ${user('b')}`, () => [device(3)]],
    [`im_user WHERE user_id = 'e'`, (key) => [dissolve(key)]],
  ]
  for (const [row, needing] of cases) {
    count += 1
    const needed = needing(`n${count}`)
    await holding(`SELECT 1 FROM ${row} FOR UPDATE`, async () => {
      for (const turn of [1, 2, 3]) {
        const results = await storage.commit([...needed, between('c', 'd', `${count}.${turn}`)])
        expect(results.map((result) => ('isHeld' in result ? 'held' : result.status))).toEqual([
          ...needed.map(() => 'held'),
          'stored',
        ])
      }
      await expect(storage.commit([...needed])).rejects.toBeInstanceOf(RowsHeld)
    })
    for (const { status } of await storage.commit([...needed])) expect(status).toMatch(/^(?:stored|ok|stale)$/)
  }
}
