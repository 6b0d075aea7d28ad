// Breakages of the real source, each of the kind that a hurried change makes. What must notice is named beside each: the
// numbers are RELIABILITY's invariants, of which the simulation must see at least one broken.

/** One exact replacement in a file below `packages/core/src`. */
export interface Edit {
  readonly file: string
  /** Must occur exactly once. */
  readonly find: string
  readonly replace: string
}

export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  readonly breaks: readonly number[]
}

const one = (name: string, breaks: readonly number[], file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file, find, replace }],
})

export const mutants: readonly Mutant[] = [
  one(
    'acknowledges before the commit',
    [1, 5],
    'logic/send.ts',
    'if (full === null) job.leave()',
    'if (full === null) this.finish(job, { msgId: job.incoming.message.msgId, conversationId: job.incoming.message.conversationId, seq: 1, serverTime: 0, duplicate: false })',
  ),
  one(
    'numbers a message before it knows that the key is stored',
    [10],
    'memory/append.ts',
    `  if (known) return { status: 'duplicate', ...known }\n`,
    `  if (known) return (tables.conversations.get(message.conversationId)?.messages.push(null as never), { status: 'duplicate', ...known })\n`,
  ),
  one(
    'stores a repeat again',
    [2, 5],
    'memory/append.ts',
    `  if (known) return { status: 'duplicate', ...known }\n`,
    '',
  ),
  {
    name: 'compares keys without regard to case',
    breaks: [1, 5, 6],
    edits: [
      {
        file: 'memory/append.ts',
        find: 'keys.get(message.clientMsgId)',
        replace: 'keys.get(message.clientMsgId.toLowerCase())',
      },
      {
        file: 'memory/append.ts',
        find: 'keys.set(\n    message.clientMsgId,',
        replace: 'keys.set(\n    message.clientMsgId.toLowerCase(),',
      },
    ],
  },
  one(
    'commits a batch again under new keys',
    [1, 3],
    'logic/writer.ts',
    'this.storage.commit(jobs.map((job) => job.op))',
    `this.storage.commit(jobs.map(({ op }) => op.op === 'append' && backoffMs > backoffFirstMs ? { ...op, message: { ...op.message, clientMsgId: op.message.clientMsgId + backoffMs } } : op))`,
  ),
  one(
    'tells that an unknown outcome is a failure',
    [4, 9],
    'logic/writer.ts',
    `new RookeryError('UNAVAILABLE', 'storage did not answer in time'`,
    `new RookeryError('REJECTED', 'storage did not answer in time'`,
  ),
  one(
    'writes no entry for the receiver',
    [1, 10, 16],
    'logic/send.ts',
    'members: this.readers(message),',
    'members: this.readers(message).slice(0, 1),',
  ),
  one(
    "does not wait for a sender's earlier message",
    [8, 9],
    'logic/send-lane.ts',
    'if (refusal === null) await item.prepare()',
    'if (refusal === null) void item.prepare()',
  ),
  one(
    'lets later messages pass a refused one',
    [9],
    'logic/send-lane.ts',
    'else if (one.place < place) return this.lastError',
    'else if (one.place < place) return null',
  ),
  one(
    'lets what was under way behind a refused message be stored',
    [9],
    'logic/send-lane.ts',
    'one.place < place && arrival <= one.upTo',
    'one.place < place && arrival < 0 * one.upTo',
  ),
  one(
    'forgets what it turned away at the in-flight limit',
    [9],
    'gate/requests.ts',
    'if (!this.isDraining) this.turnAway(session, request)',
    '',
  ),
  one('does not compare epochs', [13], 'gate/gate.ts', '(auth.epoch !== undefined && auth.epoch !== epoch()) ||', ''),
  one(
    'takes a position beyond the head for up to date',
    [13],
    'logic/pull.ts',
    'if (since > head) return true',
    'if (since > head) return false',
  ),
  one(
    'does not look for a lost last frame',
    [16],
    'gate/heartbeat.ts',
    `this.attempt('heads', () => this.compare(registry.users())),`,
    '',
  ),
  one(
    'calls a page the last one while there is more',
    [11, 14],
    'gate/dispatch.ts',
    `session.standing.mode === 'following' ? !page.last : true`,
    'false',
  ),
  one(
    'follows from a page that is not the last one',
    [11, 14],
    'gate/following.ts',
    'if (!happening.last || happening.to < s.known)',
    'if (happening.to < 0)',
  ),
  one(
    'gives entries again that it gave before',
    [11],
    'gate/following.ts',
    `if (happening.to <= s.at) return { next: s, action: 'nothing' }`,
    '',
  ),
  one(
    'gives what came over a hole',
    [11],
    'gate/following.ts',
    `if (happening.from > s.at + 1) return { next: { ...s, known }, action: 'hold' }`,
    '',
  ),
  one(
    'gives live entries while a session catches up',
    [11],
    'gate/following.ts',
    `if (s.mode === 'catching-up') return { next: { ...s, known }, action: 'nothing' }`,
    '',
  ),
  {
    name: 'registers a session long after it has read the head',
    breaks: [11, 16, 21],
    edits: [
      { file: 'gate/gate.ts', find: '    this.parts.registry.add(session)\n', replace: '' },
      {
        file: 'gate/gate.ts',
        find: `session.emit('ready', this.readyJson(session, seq, reset))`,
        replace: `session.emit('ready', this.readyJson(session, seq, reset)); this.clock.setTimeout(() => this.parts.registry.add(session), 12_000)`,
      },
    ],
  },
  one(
    'gives a live entry another time than the stored one',
    [15],
    'logic/send.ts',
    'messageEntryJson(place, serverTime, json)',
    'messageEntryJson(place, serverTime + 1, json)',
  ),
  one('counts an acknowledgement as it came', [18], 'gate/dispatch.ts', 'Math.min(seq, session.standing.at)', 'seq'),
  one(
    'moves the read position back',
    [19],
    'memory/positions.ts',
    'Math.max(member.readSeq, Math.min(op.seq, atSeq))',
    'Math.min(op.seq, atSeq)',
  ),
  one(
    "does not move a sender's position",
    [19],
    'logic/send.ts',
    'movesPosition: sender !== null',
    'movesPosition: false',
  ),
  {
    name: "counts a user's own messages as unread",
    breaks: [20],
    edits: [
      { file: 'logic/send.ts', find: 'movesPosition: sender !== null', replace: 'movesPosition: false' },
      { file: 'memory/rows.ts', find: '(own ? own.length - indexAfter(own, readSeq) : 0)', replace: '(own ? 0 : 0)' },
    ],
  },
  one('counts silent messages as unread', [20], 'logic/incoming.ts', 'countable: !silent,', 'countable: true,'),
  one(
    'tells a session that it is kicked, and keeps it',
    [21],
    'gate/local-sessions.ts',
    'this.registry.get(sessionId)?.end(reason, by)',
    `this.registry.get(sessionId)?.emit('kick', JSON.stringify({ reason, by }))`,
  ),
  one('does not close sessions whose slot is taken', [21], 'gate/slots.ts', '    await this.giveUp(lost)\n', ''),
  one(
    'kicks a device for its own older session',
    [21],
    'gate/slots.ts',
    'const reason = kickReason(session.holder, by)',
    `const reason = 'same-device-type' as const`,
  ),
  one(
    'shows a conversation to whoever names it',
    [24],
    'logic/authorise.ts',
    'if (pair?.users.includes(userId) === true) return pair',
    'if (pair !== undefined) return pair',
  ),
  one('shows everybody who is there', [24], 'logic/online.ts', 'id === userId || sharing.has(id) ||', 'true ||'),
  one(
    "believes in a dead node's sessions",
    [28],
    'memory/memory-presence.ts',
    'slot.lease !== null && this.#runs(slot.lease)',
    'slot.lease !== null',
  ),
  one(
    'waits for storage beyond the deadline of a send',
    [30],
    'logic/writer.ts',
    '    this.scheduleSweep()\n    // What',
    '    // What',
  ),
]
