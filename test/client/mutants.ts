// Breakages of the client's source, each of a kind that a hurried change makes. The simulation must notice each of them.

/** One exact replacement in a file below `packages/client/src`. */
export interface Mutant {
  readonly name: string
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
  /** Long runs show it, in which people say more. */
  readonly isLarge?: true
}

const one = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  file,
  find,
  replace,
})

const inLarge = (...given: Parameters<typeof one>): Mutant => ({ ...one(...given), isLarge: true })

export const mutants: readonly Mutant[] = [
  one(
    'commits the position before the rows',
    'work/engine.ts',
    'await this.store.commit(ops)',
    `const isMeta = (op: StoreOp): boolean => op.op !== 'cut' && op.table === 'meta'
      await this.store.commit(ops.filter(isMeta))
      await this.store.commit(ops.filter((op) => !isMeta(op)))`,
  ),
  one(
    'takes whatever answer came last',
    'engine/fold.ts',
    'held === undefined || asOf(given) > asOf(held.message)',
    'held !== null',
  ),
  inLarge(
    'lets an older answer move the read position',
    'engine/unread.ts',
    'if (readSeq < row.readSeq || (readSeq === row.readSeq && atSeq < row.atSeq)) return row\n',
    '',
  ),
  one(
    'counts what was recalled',
    'engine/unread.ts',
    'const unread = Math.max(0, row.unread - 1)',
    'const unread = row.unread',
  ),
  inLarge(
    'shows a window across a hole',
    'views/window.ts',
    `    if (run === undefined || run.from >= place.from)
      await this.backend.commands.history({ conversationId: id, before: place.from, limit: this.size })
    const now = runAt(this.backend.mirror.runsOf(id), place.from)
`,
    '    const now = { from: 1, to: run?.to ?? place.to }\n',
  ),
  one(
    'sends the outbox from behind',
    'work/sender.ts',
    'of this.parts.engine.mirror.outbox.values()) {',
    'of [...this.parts.engine.mirror.outbox.values()].reverse()) {',
  ),
  one(
    'sends again under a new key',
    'work/sender.ts',
    'session.call(row.event, ready.body as never,',
    'session.call(row.event, { ...ready.body, clientMsgId: this.parts.random.id() } as never,',
  ),
  inLarge(
    'takes an unknown outcome for a refusal',
    'work/sender.ts',
    'else if (mayBeTriedAgain(answer.error.code)) this.#again',
    `else if (answer.error.code === 'RATE_LIMITED') this.#again`,
  ),
  one(
    'does not ask for numbers that it cannot know',
    'work/fetches.ts',
    'else if (row.isStale) this.#one',
    'else if (row.atSeq < 0) this.#one',
  ),
  one(
    'does not tell of what was read while it was away',
    'work/fetches.ts',
    'if (row.readTo !== undefined) this.#read',
    'if (row.readTo === -1) this.#read',
  ),
]
