// Breakages of the real source, each of a kind that a hurried change makes. Each names the invariants of RELIABILITY of
// which the simulation must see at least one broken.

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
  /** The story of the simulation that shows it; by default users in pairs. */
  readonly story?: 'groups' | 'logins'
}

const one = (name: string, breaks: readonly number[], file: string, find: string, replace: string): Mutant => ({
  name,
  breaks,
  edits: [{ file, find, replace }],
})

const inGroups = (...args: Parameters<typeof one>): Mutant => ({ ...one(...args), story: 'groups' })
const inLogins = (...args: Parameters<typeof one>): Mutant => ({ ...one(...args), story: 'logins' })

export const mutants: readonly Mutant[] = [
  one(
    'acknowledges before the commit',
    [1, 5],
    'logic/messages/send.ts',
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
        find: '.get(clientMsgId)',
        replace: '.get(clientMsgId.toLowerCase())',
      },
      {
        file: 'memory/append.ts',
        find: 'keys.set(message.clientMsgId,',
        replace: 'keys.set(message.clientMsgId.toLowerCase(),',
      },
    ],
  },
  one(
    'commits a batch again under new keys',
    [1, 3],
    'logic/storing/writer.ts',
    '      commit = this.commit()',
    `      for (const { op } of this.batch) if (op.op === 'append') Object.assign(op.message, { clientMsgId: op.message.clientMsgId + backoffMs })
      commit = this.commit()`,
  ),
  {
    name: 'tells that an unknown outcome is a failure',
    breaks: [4, 9],
    edits: [
      {
        file: 'logic/storing/writer.ts',
        find: `new RookeryError('UNAVAILABLE', 'storage did not answer in time'`,
        replace: `new RookeryError('REJECTED', 'storage did not answer in time'`,
      },
      // The send path asks storage before it refuses for good: while storage is silent it would still say UNAVAILABLE.
      {
        file: 'logic/messages/send-job.ts',
        find: 'void this.outcomes.turnDown(this, error)',
        replace: 'this.outcomes.refused(this, error)',
      },
    ],
  },
  one(
    'writes no entry for the receiver',
    [1, 10, 16],
    'logic/messages/send.ts',
    ': this.readers(message)\n',
    ': this.readers(message).slice(0, 1)\n',
  ),
  one(
    "does not wait for a sender's earlier message",
    [8, 9],
    'logic/messages/send-order.ts',
    'if (refusal === null) await item.prepare()',
    'if (refusal === null) void item.prepare()',
  ),
  one(
    'lets later messages pass a refused one',
    [9],
    'logic/messages/send-order.ts',
    'if (hold !== null) return hold',
    'if (hold !== null) return null',
  ),
  one(
    'lets what was under way behind a refused message be stored',
    [9],
    'logic/messages/under-way.ts',
    'one.place > place && !holdsAsLong',
    'one.place > place * Infinity && !holdsAsLong',
  ),
  one(
    'forgets what it turned away at the in-flight limit',
    [9],
    'gate/requests.ts',
    'if (!this.isDraining) this.turnAway(session, request)',
    '',
  ),
  one(
    'does not compare epochs',
    [13],
    'gate/gate.ts',
    '(since !== undefined && auth.epoch !== undefined && auth.epoch !== epoch()) ||',
    '',
  ),
  one(
    'takes a position beyond the head for up to date',
    [13],
    'logic/reading/pull.ts',
    'if (since > head) return true',
    'if (since > head) return false',
  ),
  one(
    'does not look for a lost last frame',
    [16],
    'gate/heartbeat.ts',
    `this.attempt('heads', () => heads.compareAll()),`,
    '',
  ),
  one(
    'calls a page the last one while there is more',
    [11, 14],
    'gate/catching-up.ts',
    `session.mode === 'following' ? !page.last : true`,
    'false',
  ),
  one(
    'follows from a page that is not the last one',
    [11, 14],
    'gate/following.ts',
    'isWhole && timelines.every(({ state, read }) => read === null || (read.last && read.to >= goalOf(state)))',
    'isWhole || timelines.length > 0',
  ),
  {
    name: 'gives entries again that it gave before',
    breaks: [11],
    edits: [
      { file: 'gate/following.ts', find: `if (to <= s.at) return { next: s, action: 'nothing' }`, replace: '' },
      {
        file: 'gate/feed.ts',
        find: 'const isWhole = run.from === before + 1 && at === lastOf(run)',
        replace: 'const isWhole = before > 0',
      },
    ],
  },
  one(
    'gives what came over a hole',
    [11],
    'gate/following.ts',
    `if (happening.from > s.at + 1) return { next: { at: s.at, known, end: s.end }, action: 'hold' }`,
    '',
  ),
  one(
    'gives live entries while a session catches up',
    [11],
    'gate/following.ts',
    `if (mode === 'catching-up') return { next: { at: s.at, known, end: s.end }, action: 'nothing' }`,
    '',
  ),
  {
    name: 'registers a session long after it has read the head',
    breaks: [11, 16, 21],
    edits: [
      { file: 'gate/gate.ts', find: '    this.parts.registry.add(session)\n', replace: '' },
      {
        file: 'gate/gate.ts',
        find: `session.begin(this.readyJson(session, head.seq, reset),`,
        replace: `this.clock.setTimeout(() => this.parts.registry.add(session), 12_000); session.begin(this.readyJson(session, head.seq, reset),`,
      },
    ],
  },
  one(
    'gives a live entry another time than the stored one',
    [15],
    'logic/delivery/fan-out.ts',
    'addMessage(members, result.inbox, serverTime, json)',
    'addMessage(members, result.inbox, serverTime + 1, json)',
  ),
  one(
    'counts an acknowledgement as it came',
    [18],
    'gate/catching-up.ts',
    'Math.min(request.seq, session.inbox.state.at)',
    'request.seq',
  ),
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
    'logic/messages/send.ts',
    'movesPosition: sender !== null',
    'movesPosition: false',
  ),
  {
    name: "counts a user's own messages as unread",
    breaks: [20],
    edits: [
      { file: 'logic/messages/send.ts', find: 'movesPosition: sender !== null', replace: 'movesPosition: false' },
      { file: 'memory/rows.ts', find: ' - countAfter(own ?? [], readSeq)', replace: '' },
    ],
  },
  one(
    'counts silent messages as unread',
    [20],
    'logic/messages/incoming.ts',
    'countable: !silent,',
    'countable: true,',
  ),
  one(
    'tells a session that it is kicked, and keeps it',
    [21],
    'gate/local-sessions.ts',
    'this.registry.get(sessionId)?.end(reason, by)',
    `this.registry.get(sessionId)?.emit('kick', JSON.stringify({ reason, by }))`,
  ),
  one('does not close sessions whose slot is taken', [21], 'gate/slots.ts', '    this.giveUp(lost)\n', ''),
  inLogins(
    'kicks a device for its own older session',
    [21],
    'gate/slots.ts',
    `if (earlier.deviceId !== by.deviceId) return 'same-device-type'`,
    `if (earlier !== by) return 'same-device-type'`,
  ),
  inLogins(
    'gives a slot to whoever is renewed first',
    [21],
    'memory/memory-presence.ts',
    ' && isLater(taken, since, holder)) return',
    ') return',
  ),
  inLogins(
    'says that every login is new',
    [21],
    'gate/slots.ts',
    'since: began.since!,',
    'since: time.at(this.parts.clock.monotonic())!,',
  ),
  inLogins(
    'does not tell presence again of a login that it did not take',
    [16, 21, 28],
    'gate/slots.ts',
    '    } finally {\n      this.claiming.delete(session)\n    }\n',
    '      return\n    }\n    this.claiming.delete(session)\n',
  ),
  inLogins(
    'lets a claim that comes late win',
    [21],
    'memory/memory-presence.ts',
    'const later = this.#take(login)\n    if',
    'const later = this.#take({ ...login, since: time })\n    if',
  ),
  {
    name: 'ignores eras',
    breaks: [21],
    story: 'logins',
    edits: [
      {
        file: 'gate/slots.ts',
        find: 'if (began.since?.era !== time.era) {',
        replace: 'if (began.since === null) {',
      },
      {
        file: 'gate/slots.ts',
        find: 'since: began.since!,',
        replace: 'since: { ...began.since!, era: time.era! },',
      },
      {
        file: 'memory/memory-presence.ts',
        find: 'taken.since.era === since.era &&\n  (taken',
        replace: '(taken',
      },
    ],
  },
  one(
    'does nothing where frames were missed',
    [16],
    'logic/delivery/cluster.ts',
    '() => answers.missed(),',
    '() => {},',
  ),
  one(
    'sends no empty parcel after the last',
    [16],
    'model/parcels.ts',
    'this.sendEmpty(to, this.#count(to))',
    'this.#count(to)',
  ),
  inLogins(
    'tells of a kick once',
    [21],
    'logic/delivery/kicks.ts',
    '    await this.tell([order])\n    this.schedule()\n',
    '    await this.tell([order])\n',
  ),
  one(
    'stays in the list of nodes while it drains',
    [30],
    'gate/room.ts',
    'takesClients: () => nodeGate.takesClients,',
    'takesClients: () => true,',
  ),
  one(
    'shows a conversation to whoever names it',
    [24],
    'logic/access/authorise.ts',
    'if (pair?.users.includes(userId) === true) return pair',
    'if (pair !== undefined) return pair',
  ),
  one(
    'shows everybody who is there',
    [24],
    'logic/delivery/online.ts',
    'return asked.filter((id) => seen.has(id))',
    'return asked',
  ),
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
    'logic/storing/writer.ts',
    '    this.scheduleSweep()\n    // Operations',
    '    // Operations',
  ),
  inGroups(
    'stores in a group what was decided on an older list of members',
    [1, 10, 22],
    'memory/append.ts',
    'conversation?.version !== version || ',
    '',
  ),
  inGroups(
    'shows a group beyond the membership of whoever reads',
    [22, 23],
    'memory/seen.ts',
    'return messages.filter(({ seq }) => isIn(intervals, seq)).map',
    'return messages.map',
  ),
  inGroups(
    'shows who left what was changed afterwards',
    [22],
    'memory/seen.ts',
    `if (row.kind !== 'c2g' || message.asOf === null) return message`,
    'if (row.version > 0) return message',
  ),
  inGroups(
    'shows joiners everything, whatever the rule',
    [23],
    'logic/groups/group-steps.ts',
    'const reads = settings.groups.joinersRead',
    `const reads = 'everything'`,
  ),
  inGroups(
    'lets whoever names a group look into it',
    [24],
    'memory/member-reads.ts',
    '(userId !== null && member === undefined)',
    'false',
  ),
  inGroups(
    'does not tell joiners where to follow from',
    [1, 10, 16, 26],
    'memory/group.ts',
    ': joined.map(({ userId }) => userId)',
    ': []',
  ),
  inGroups(
    'has members follow from behind the message that crosses',
    [1, 10, 11, 16, 26],
    'memory/group.ts',
    'from: stored.seq - 1 }',
    'from: stored.seq }',
  ),
  inGroups(
    'gives a followed timeline on without asking who is a member still',
    [11, 22],
    'gate/followed.ts',
    'else if (news.version <= conversation.version) this.give(conversation, news)',
    'else if (news.from > 0) this.give(conversation, news)',
  ),
  inGroups(
    'does not look for the lost last message of a timeline',
    [16],
    'gate/heads.ts',
    ', this.compareTimelines(followed.conversations())])',
    '])',
  ),
  inGroups(
    'keeps recalled content in edits',
    [27],
    'memory/control.ts',
    'for (const edit of row.edits.get(target.seq) ?? []) replace(gone, edit)',
    '',
  ),
  inGroups(
    'counts recalled messages as unread',
    [20],
    'memory/rows.ts',
    ' - countAfter(conversation.recalled, readSeq)',
    '',
  ),
  inGroups(
    'forgets which change was folded in last',
    [14, 15, 27],
    'memory/control.ts',
    '...given, asOf: by.seq }',
    '...given }',
  ),
  inGroups(
    'counts mentions that were recalled',
    [20],
    'memory/control.ts',
    'row.countableOf.get(from), row.mentioning]',
    'row.countableOf.get(from)]',
  ),
  inGroups(
    "tells one user's reactions as another's",
    [15],
    'memory/timeline-reads.ts',
    'users.has(userId) ? [reaction] : []',
    'users.size > 0 ? [reaction] : []',
  ),
  inGroups(
    'leaves a reaction that was taken back',
    [15],
    'memory/control.ts',
    'if (remove) users.delete(userId)',
    'if (remove) users.delete(reaction)',
  ),
  {
    name: 'edits what was recalled',
    breaks: [15, 27],
    story: 'groups',
    edits: [
      { file: 'memory/control.ts', find: `if (target.recalled) return { status: 'gone' }`, replace: '' },
      {
        file: 'logic/messages/change-rights.ts',
        find: `if (target.recalled && kind !== 'recall') return noSuchMessage()`,
        replace: '',
      },
    ],
  },
  inGroups(
    'gives history the edits apart from what they edit',
    [14, 15],
    'memory/control.ts',
    'replace({ content: change.content, editedAt: by.serverTime })',
    'replace({ editedAt: by.serverTime })',
  ),
  inGroups(
    'keeps what a recalled message said',
    [27],
    'memory/control.ts',
    'const gone = { content: null, ext: null, recalled: true',
    'const gone = { ext: null, recalled: true',
  ),
  inGroups(
    'lists whatever came last as the last message',
    [14],
    'memory/conversation-reads.ts',
    'const last = row.messages[row.lastCountable - 1]',
    'const last = row.messages.at(-1)',
  ),
]
