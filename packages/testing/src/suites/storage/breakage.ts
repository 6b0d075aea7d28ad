// Breaks a correct storage on purpose, in one way, to prove that the suite catches it.
import { describe, expect, it } from 'vitest'
import { type AppendOp, MemoryDatabase, MemoryStorage, type Storage, type StorageOp } from '@rookery/core'
import { findCase } from '../suite-case.js'
import { runStorageCase, storageGroups } from './describe-storage.js'
import type { StorageSubject } from './subject.js'

type Values<Table> = Table extends ReadonlyMap<unknown, infer Row> ? Row : never
/** The rows of the memory storage, which breakages change. */
export type Tables = MemoryDatabase['tables']
export type ConversationRow = Values<Tables['conversations']>
export type MemberRow = Values<ConversationRow['members']>

export type Results = Record<string, unknown>[]
export type Commit = (ops: readonly StorageOp[]) => Promise<Results>

/** One way in which an adapter is wrong; what is left out is right. */
export interface Breakage {
  readonly caughtBy: string
  /** Made anew for each instance. */
  readonly commit?: (commit: Commit, database: MemoryDatabase) => Commit
  readonly reads?: (storage: Storage, database: MemoryDatabase) => Partial<Storage>
  readonly onReopen?: (database: MemoryDatabase) => void
}

export const append = (ops: readonly StorageOp[], change: (op: AppendOp) => Partial<AppendOp>): StorageOp[] =>
  ops.map((op) => (op.op === 'append' ? { ...op, ...change(op) } : op))

export const messages = (
  ops: readonly StorageOp[],
  change: (message: AppendOp['message']) => Partial<AppendOp['message']>,
): StorageOp[] => append(ops, (op) => ({ message: { ...op.message, ...change(op.message) } }))

/** The storage takes the ops for others. */
export const misread =
  (change: (ops: readonly StorageOp[]) => readonly StorageOp[]): Breakage['commit'] =>
  (commit) =>
  (ops) =>
    commit(change(ops))

/** The storage stores the right thing and answers the wrong thing. */
export const misanswer =
  (change: (result: Record<string, unknown>, op: StorageOp) => object): Breakage['commit'] =>
  (commit) =>
  async (ops) =>
    (await commit(ops)).map((result, index) => ({ ...result, ...change(result, ops[index]!) }))

/** Damages the rows before or after each commit. */
export const spoil =
  (when: 'before' | 'after', change: (tables: Tables, op: StorageOp) => void): Breakage['commit'] =>
  (commit, database) =>
  async (ops) => {
    const results: Results = []
    for (const op of ops) {
      if (when === 'before') change(database.tables, op)
      const answered = commit([op])
      if (when === 'after') change(database.tables, op)
      results.push(...(await answered))
    }
    return results
  }

/** Compares keys after folding them, as a collation does. */
export const foldKeys = (fold: (key: string) => string): Breakage['commit'] => {
  const seen = new Map<string, string>()
  return misread((ops) =>
    messages(ops, ({ from, clientMsgId }) => {
      const folded = JSON.stringify([from, fold(clientMsgId)])
      if (!seen.has(folded)) seen.set(folded, clientMsgId)
      return { clientMsgId: seen.get(folded)! }
    }),
  )
}

export function members(tables: Tables, change: (member: MemberRow, countable: number) => void): void {
  for (const row of tables.conversations.values())
    for (const member of row.members.values()) change(member, row.countable)
}

/** Registers a proof for each breakage: the suite's case passes on a correct storage, and catches the broken one. */
export function describeBreakages(title: string, breakages: Readonly<Record<string, Breakage>>): void {
  describe(title, () => {
    it.each(Object.entries(breakages))('%s', async (_name, breakage) => {
      const one = findCase(storageGroups, breakage.caughtBy)
      await runStorageCase(one, () => subjectOf({ caughtBy: '' }))
      const caught: unknown = await runStorageCase(one, () => subjectOf(breakage)).then(
        () => null,
        (error: unknown) => error,
      )
      expect(caught).toBeInstanceOf(Error)
      // The case must catch what the storage did, not a mistake in the breakage.
      expect(caught).not.toBeInstanceOf(TypeError)
    })
  })
}

function subjectOf({ commit, reads, onReopen }: Breakage): StorageSubject {
  const database = new MemoryDatabase()
  const open = (): Storage => {
    const inner = new MemoryStorage({ database })
    const right: Commit = async (ops) => [...(await inner.commit(ops))] as unknown as Results
    const broken = commit?.(right, database) ?? right
    return {
      start: () => inner.start(),
      stop: () => inner.stop(),
      timelines: inner.timelines,
      heads: inner.heads,
      keys: inner.keys,
      conversations: inner.conversations,
      members: inner.members,
      groups: inner.groups,
      devices: inner.devices,
      push: inner.push,
      maintenance: inner.maintenance,
      ...reads?.(inner, database),
      commit: broken as unknown as Storage['commit'],
    }
  }
  const reopen = (): Storage => {
    onReopen?.(database)
    return open()
  }
  return { storage: open(), another: open, reopen, dispose() {} }
}
