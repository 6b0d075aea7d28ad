// The suite that every local store must pass. It runs on vitest.
import { describe, expect, it } from 'vitest'
import type { LocalStore, StoreOp } from '../ports/local-store.js'
import type { ConversationRow, MessageRow, OutboxRow } from '../ports/rows.js'

export interface StoreSubject {
  /** An empty store that is not opened. */
  readonly store: LocalStore
  /** Another store on the same place, as the app finds it when it starts again; left out where nothing outlives it. */
  readonly again?: () => LocalStore
  readonly dispose?: () => Promise<void>
}

const messageRow = (conversationId: string, seq: number, words = `words ${seq}`): MessageRow => ({
  conversationId,
  seq,
  message: {
    ...{ msgId: `${conversationId} ${seq}`, clientMsgId: `k${seq}`, conversationId, seq, from: 'bob', type: 'text' },
    content: { text: words },
    serverTime: seq,
  },
  mine: [],
})
const putMessage = (row: MessageRow): StoreOp => ({ op: 'put', table: 'messages', row })
const conversationRow = (conversationId: string): ConversationRow => ({
  ...{ conversationId, kind: 'c2c', peerId: 'bob', seq: 1, readSeq: 0, unread: 1, mentioned: 0 },
  ...{ pinned: false, muted: false, hidden: false, updatedAt: 1, atSeq: 1 },
})
const outboxRow = (clientMsgId: string, order: number): OutboxRow => ({
  ...{ clientMsgId, key: 'c2c bob ', order, event: 'c2c', state: 'queued' },
  body: { clientMsgId, to: 'bob', type: 'text', content: { text: clientMsgId }, clientTime: 1 },
})
const control = (conversationId: string, target: number, seq: number): StoreOp => ({
  op: 'put',
  table: 'controls',
  row: { conversationId, target, seq, type: 'im.recall', content: { seq: target }, from: 'bob', serverTime: 1 },
})

/** Checks every guarantee of {@link LocalStore} that a process can see. */
export function describeLocalStore(name: string, create: () => StoreSubject | Promise<StoreSubject>): void {
  const withStore = async (run: (store: LocalStore, subject: StoreSubject) => Promise<void>): Promise<void> => {
    const subject = await create()
    await subject.store.open()
    try {
      await run(subject.store, subject)
    } finally {
      await subject.store.close()
      await subject.dispose?.()
    }
  }
  const seqs = (rows: readonly MessageRow[]): number[] => rows.map(({ seq }) => seq)

  describe(`${name} as a local store`, () => {
    it('is empty at first', () =>
      withStore(async (store) => {
        for (const table of ['meta', 'timelines', 'conversations', 'ranges', 'outbox', 'drafts'] as const)
          expect(await store.all(table)).toEqual([])
        expect(await store.messages({ conversationId: 'c1', from: 0, to: 9 })).toEqual([])
        expect(await store.blob('b1')).toBeUndefined()
      }))

    it('gives back what was put, once for each key, ordered by key', () =>
      withStore(async (store) => {
        const row = conversationRow('c2')
        await store.commit([
          { op: 'put', table: 'conversations', row },
          { op: 'put', table: 'conversations', row: conversationRow('C2') },
          { op: 'put', table: 'conversations', row: { ...row, unread: 7 } },
          { op: 'put', table: 'meta', row: { key: 'device', deviceId: 'd1', seq: 3, isListed: true } },
        ])
        expect(await store.all('conversations')).toEqual([conversationRow('C2'), { ...row, unread: 7 }])
        expect(await store.all('meta')).toEqual([{ key: 'device', deviceId: 'd1', seq: 3, isListed: true }])
      }))

    it('carries operations out in their order', () =>
      withStore(async (store) => {
        const put = (id: string, order: number): StoreOp => ({ op: 'put', table: 'outbox', row: outboxRow(id, order) })
        await store.commit([put('a', 1), put('b', 2), { op: 'delete', table: 'outbox', key: ['a'] }, put('c', 3)])
        await store.commit([{ op: 'delete', table: 'outbox', key: ['absent'] }])
        expect((await store.all('outbox')).map(({ clientMsgId }) => clientMsgId)).toEqual(['b', 'c'])
        await store.commit([{ op: 'clear', table: 'outbox' }, put('d', 4)])
        expect(await store.all('outbox')).toEqual([outboxRow('d', 4)])
      }))

    it('gives ranges of one conversation by number, from either end', () =>
      withStore(async (store) => {
        const all = [2, 10, 9, 100, 1].flatMap((seq) => [
          putMessage(messageRow('c1', seq)),
          putMessage(messageRow('c10', seq)),
        ])
        await store.commit(all)
        const read = (query: object): Promise<readonly MessageRow[]> =>
          store.messages({ conversationId: 'c1', from: 0, to: Number.MAX_SAFE_INTEGER, ...query })
        expect(seqs(await read({}))).toEqual([1, 2, 9, 10, 100])
        expect(seqs(await read({ from: 2, to: 10 }))).toEqual([2, 9, 10])
        expect(seqs(await read({ last: 2 }))).toEqual([10, 100])
        expect(seqs(await read({ first: 2 }))).toEqual([1, 2])
        expect(seqs(await read({ first: 0 }))).toEqual([])
        expect(seqs(await read({ to: 9, last: 9 }))).toEqual([1, 2, 9])
        expect(seqs([...(await store.messagesAt('c1', [100, 3, 2]))]).sort((a, b) => a - b)).toEqual([2, 100])
        expect(await read({ from: 10, to: 10 })).toEqual([messageRow('c1', 10)])
      }))

    it('gives changes by what they change, in their order', () =>
      withStore(async (store) => {
        await store.commit([control('c1', 2, 12), control('c1', 2, 5), control('c1', 1, 7), control('c2', 2, 6)])
        const found = await store.controls('c1', [2, 1])
        expect(found.map(({ target, seq }) => [target, seq])).toEqual([
          [1, 7],
          [2, 5],
          [2, 12],
        ])
      }))

    it('cuts what it holds of one conversation’s messages, and of no other', () =>
      withStore(async (store) => {
        for (const id of ['c1', 'c10'])
          await store.commit([
            putMessage(messageRow(id, 1)),
            control(id, 5, 6),
            { op: 'put', table: 'ranges', row: { conversationId: id, from: 1, to: 1 } },
            { op: 'put', table: 'conversations', row: conversationRow(id) },
          ])
        await store.commit([{ op: 'cut', conversationId: 'c1' }, putMessage(messageRow('c1', 9))])
        expect(seqs(await store.messages({ conversationId: 'c1', from: 0, to: 99 }))).toEqual([9])
        expect(await store.controls('c1', [5])).toEqual([])
        expect((await store.all('ranges')).map(({ conversationId }) => conversationId)).toEqual(['c10'])
        expect((await store.messages({ conversationId: 'c10', from: 0, to: 99 })).length).toBe(1)
        expect((await store.all('conversations')).length).toBe(2)
        await store.commit([{ op: 'clear', table: 'messages' }])
        expect(await store.messages({ conversationId: 'c10', from: 0, to: 99 })).toEqual([])
      }))

    it('keeps texts and files as they are', () =>
      withStore(async (store) => {
        const text = `quotes ' " %_\\ emoji 👩‍👩‍👧 e\u0301 é \u202e ${'x'.repeat(5_000)}`
        await store.commit([putMessage(messageRow('c1', 1, text))])
        const [row] = await store.messages({ conversationId: 'c1', from: 1, to: 1 })
        expect(row).toEqual(messageRow('c1', 1, text))
        const data = Uint8Array.from({ length: 300 }, (_, index) => index % 256)
        await store.commit([{ op: 'put', table: 'blobs', row: { key: 'b1', data, name: 'a.bin', type: 'x/y' } }])
        const blob = await store.blob('b1')
        expect({ ...blob, data: [...blob!.data] }).toEqual({ key: 'b1', data: [...data], name: 'a.bin', type: 'x/y' })
      }))

    it('a commit that fails leaves nothing', () =>
      withStore(async (store) => {
        if (store.kind === 'memory') return
        await store.commit([putMessage(messageRow('c1', 1))])
        // No key: no store can take it.
        const bad = { op: 'put', table: 'messages', row: { message: {} } } as unknown as StoreOp
        await expect(store.commit([putMessage(messageRow('c1', 2)), bad])).rejects.toThrow()
        expect(seqs(await store.messages({ conversationId: 'c1', from: 0, to: 9 }))).toEqual([1])
        await store.commit([putMessage(messageRow('c1', 3))])
        expect(seqs(await store.messages({ conversationId: 'c1', from: 0, to: 9 }))).toEqual([1, 3])
      }))

    it('a read sees every commit that was answered before, however many run at once', () =>
      withStore(async (store) => {
        await Promise.all(
          Array.from({ length: 30 }, async (_, seq) => {
            await store.commit([putMessage(messageRow('c1', seq + 1))])
            expect(await store.messagesAt('c1', [seq + 1])).toHaveLength(1)
          }),
        )
        expect((await store.messages({ conversationId: 'c1', from: 1, to: 30 })).length).toBe(30)
      }))

    it('has everything again when the app starts again', () =>
      withStore(async (store, { again }) => {
        if (again === undefined) return
        await store.commit([putMessage(messageRow('c1', 1)), { op: 'put', table: 'outbox', row: outboxRow('a', 1) }])
        await store.close()
        const other = again()
        await other.open()
        expect(await other.all('outbox')).toEqual([outboxRow('a', 1)])
        expect(await other.messagesAt('c1', [1])).toEqual([messageRow('c1', 1)])
        await other.close()
        await store.open()
      }))
  })
}
