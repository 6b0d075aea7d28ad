// Recalls, edits and reactions, in c2c conversations and in groups.
import { expect } from 'vitest'
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type { ControlChange, ControlOp } from '@rookery/core'
import { only, upTo, type Said, type StorageScene } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { controlling, done, edit, GroupOnStage, parsed, react, recall, seqs, unreact } from './stage.js'

/** A conversation of the case's first two users. In both kinds the first sent message is the second of its timeline. */
interface Talk {
  readonly scene: StorageScene
  readonly conversationId: ConversationId
  readonly alice: UserId
  readonly bob: UserId
  said(from: UserId, said?: Said): Promise<Seq>
  op(from: UserId, change: ControlChange): ControlOp
}

async function ofTwo(scene: StorageScene): Promise<Talk> {
  const [alice, bob] = scene.users('alice', 'bob')
  await scene.store(scene.say(alice, bob, { countable: false }))
  const other = (from: UserId): UserId => (from === alice ? bob : alice)
  return {
    scene,
    conversationId: scene.between(alice, bob),
    alice,
    bob,
    said: async (from, said) => (await scene.storeOne(scene.say(from, other(from), said))).seq,
    op: (from, change) => controlling(scene, from, other(from), change),
  }
}

async function ofGroup(scene: StorageScene): Promise<Talk> {
  const [alice, bob] = scene.users('alice', 'bob')
  const group = await GroupOnStage.make(scene, [alice, bob])
  return {
    scene,
    conversationId: group.id,
    alice,
    bob,
    said: (from, said) => group.said(from, said),
    op: (from, change) => group.controlling(from, change),
  }
}

const promises: Readonly<Record<string, (talk: Talk) => Promise<void>>> = {
  'a recall is told by a message of its own, and answered with its number': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const seq = await talk.said(alice)
    const op = talk.op(alice, recall(seq))
    expect(only(await scene.commit(op))).toEqual({ status: 'stored', seq: 3, ordinal: 1, inbox: [3, 3] })
    expect(await scene.view(bob, conversationId)).toMatchObject({ seq: 3 })
    const { msgId, content, serverTime } = op.message
    expect((await scene.inbox(bob)).at(-1)).toMatchObject({
      at: serverTime,
      conversationSeq: 3,
      message: { msgId, type: 'im.recall', content, asOf: null },
    })
    const known = await scene.storage.keys.find(alice, op.message.clientMsgId)
    expect(known).toMatchObject({ msgId, seq: 3, digest: op.message.digest, serverTime })
  },
  'recalled content is gone from every read': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const secret = { content: '{"text":"a secret"}', ext: '{"of":"a secret"}' }
    const seq = await talk.said(alice, secret)
    await doAll(talk, [talk.op(bob, react(seq, bob, '+1'))])
    const at = await done(scene, talk.op(alice, recall(seq)))
    const gone = { seq, content: null, ext: null, recalled: true, asOf: at, reactions: null, type: 'text', from: alice }
    expect((await scene.timeline(conversationId)).find((message) => message.seq === seq)).toMatchObject(gone)
    const entry = (await scene.inbox(bob)).find((one) => one.kind === 'message' && one.conversationSeq === seq)
    expect(entry).toMatchObject({ message: gone })
    expect((await scene.view(bob, conversationId)).lastMessage).toMatchObject(gone)
    const listed = await scene.storage.conversations.list(alice, null, 10)
    expect(only(listed.conversations).lastMessage).toMatchObject(gone)
    expect(await scene.storage.timelines.reactions(bob, [{ conversationId, seq }])).toEqual([[]])
    expect(JSON.stringify(await everything(talk))).not.toContain('a secret')
  },
  'recalled content is gone from its edits too, which are shown as recalled': async (talk) => {
    const { scene, alice, bob } = talk
    const seq = await talk.said(alice)
    const edits = await doAll(talk, [talk.op(alice, edit(seq, 'secret one')), talk.op(alice, edit(seq, 'secret two'))])
    const other = await talk.said(alice)
    const kept = await done(scene, talk.op(alice, edit(other, 'kept')))
    const at = await done(scene, talk.op(alice, recall(seq)))
    expect(JSON.stringify(await everything(talk))).not.toContain('secret')
    const entries = await scene.inbox(bob)
    const found = (place: Seq): unknown =>
      entries.find((one) => one.kind === 'message' && one.conversationSeq === place) ?? null
    for (const place of edits)
      expect(found(place)).toMatchObject({
        message: { type: 'im.edit', content: null, ext: null, recalled: true, asOf: at },
      })
    expect(found(kept)).toMatchObject({ message: { recalled: false, asOf: null } })
    expect(JSON.stringify(found(kept))).toContain('kept')
  },
  'a recalled message is unread for nobody, and mentions nobody': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const mentioned = talk.conversationId === scene.between(alice, bob) ? {} : { mentions: [bob] }
    const said = [
      await talk.said(alice),
      await talk.said(alice, mentioned),
      await talk.said(bob, { movesPosition: false }),
      await talk.said(alice),
    ]
    await scene.commit(scene.read(bob, conversationId, said[0]!))
    const before = await scene.view(bob, conversationId)
    await done(scene, talk.op(alice, recall(said[1]!)))
    expect(await scene.view(bob, conversationId)).toMatchObject({ unread: before.unread - 1, mentioned: 0 })
    // A read message and an own message counted nothing; recalling them lowers nobody's count.
    await doAll(talk, [talk.op(alice, recall(said[0]!)), talk.op(bob, recall(said[2]!))])
    expect(await scene.view(bob, conversationId)).toMatchObject({ unread: before.unread - 1 })
    const listed = await scene.storage.conversations.list(bob, null, 10)
    expect(listed.unreadTotal).toBe(before.unread - 1)
    expect(only(await scene.commit(scene.read(bob, conversationId, said[3]!)))).toMatchObject({ unread: 0 })
  },
  'unread after the read position stays right whatever is recalled on either side of it': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const said: Seq[] = []
    for (const n of upTo(8)) said.push(await talk.said(n % 3 ? alice : bob, { movesPosition: false }))
    await doAll(
      talk,
      [said[1]!, said[2]!, said[6]!].map((seq) => talk.op(alice, recall(seq))),
    )
    // Of 8 messages the 3rd and 6th are Bob's; the 2nd, 3rd and 7th are recalled.
    const unread: number[] = []
    for (const seq of said) {
      const result = only(await scene.commit(scene.read(bob, conversationId, seq)))
      if (result.status === 'ok') unread.push(result.unread)
    }
    expect(unread).toEqual([3, 3, 3, 2, 1, 1, 1, 0])
  },
  'what is recalled already stays so, is answered with its recall, and takes no key': async (talk) => {
    const { scene, alice, conversationId } = talk
    const seq = await talk.said(alice)
    const at = await done(scene, talk.op(alice, recall(seq)))
    const again = talk.op(alice, recall(seq))
    const before = await everything(talk)
    expect(only(await scene.commit(again))).toEqual({ status: 'unchanged', seq: at })
    expect(await everything(talk)).toEqual(before)
    expect(await scene.storage.keys.find(alice, again.message.clientMsgId)).toBeNull()
    expect((await scene.view(alice, conversationId)).seq).toBe(at)
  },
  'nothing can be changed any more in what was recalled': async (talk) => {
    const { scene, alice, bob } = talk
    const seq = await talk.said(alice)
    await doAll(talk, [talk.op(bob, react(seq, bob, '+1')), talk.op(alice, recall(seq))])
    const before = await everything(talk)
    const results = await scene.commit(
      talk.op(alice, edit(seq, 'late')),
      talk.op(bob, react(seq, bob, '-1')),
      talk.op(bob, react(seq, bob, '+1')),
      talk.op(bob, unreact(seq, bob, '+1')),
    )
    expect(results).toEqual(results.map(() => ({ status: 'gone' })))
    expect(await everything(talk)).toEqual(before)
  },
  'there is nothing to change where no message is, and in control messages': async (talk) => {
    const { scene, alice } = talk
    const seq = await talk.said(alice)
    const at = await done(scene, talk.op(alice, edit(seq, 'new')))
    const before = await everything(talk)
    for (const place of [at, at + 1, 1_000]) {
      const ops = [recall(place), edit(place, 'x'), react(place, alice, '+1')].map((change) => talk.op(alice, change))
      expect(await scene.commit(...ops)).toEqual(ops.map(() => ({ status: 'gone' })))
    }
    expect(await everything(talk)).toEqual(before)
  },
  'an edit changes the content alone, and tells when': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const ext = '{"kept":true}'
    const seq = await talk.said(alice, { ext, replyTo: 1, clientTime: 5 })
    const [before] = (await scene.timeline(conversationId)).filter((message) => message.seq === seq)
    const op = talk.op(alice, { kind: 'edit', seq, content: '{"text": "new \u00e9e\u0301", "a":1.0}' })
    const at = await done(scene, op)
    const content = '{"text": "new \u00e9e\u0301", "a":1.0}'
    const expected = { ...before, content, editedAt: op.message.serverTime, asOf: at }
    expect((await scene.timeline(conversationId)).find((message) => message.seq === seq)).toEqual(expected)
    const entry = (await scene.inbox(bob)).find((one) => one.kind === 'message' && one.conversationSeq === seq)
    expect(entry).toMatchObject({ message: expected })
    const view = await scene.view(bob, conversationId)
    expect(view).toMatchObject({ unread: 1, lastMessage: expected, updatedAt: before!.serverTime })
    // The edit itself brings the new content to those who hold the old one.
    expect((await scene.inbox(bob)).at(-1)).toMatchObject({ message: { content: op.message.content, seq: at } })
  },
  'an edit to what it says already is unchanged and answered with what made it so': async (talk) => {
    const { scene, alice, bob } = talk
    const seq = await talk.said(alice, { content: '{"text":"first"}' })
    const same = async (text: string): Promise<unknown> => {
      const before = await everything(talk)
      const op = talk.op(alice, edit(seq, text))
      const result = only(await scene.commit(op))
      expect(await everything(talk)).toEqual(before)
      expect(await scene.storage.keys.find(alice, op.message.clientMsgId)).toBeNull()
      return result
    }
    expect(await same('first')).toEqual({ status: 'unchanged', seq })
    const first = await done(scene, talk.op(alice, edit(seq, 'second')))
    expect(await same('second')).toEqual({ status: 'unchanged', seq: first })
    await done(scene, talk.op(bob, react(seq, bob, '+1')))
    expect(await same('second')).toEqual({ status: 'unchanged', seq: first })
    const back = await done(scene, talk.op(alice, edit(seq, 'first')))
    expect(await same('first')).toEqual({ status: 'unchanged', seq: back })
  },
  'reactions are counted, each user once for each of them': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const seq = await talk.said(alice)
    const ops = [react(seq, alice, '+1'), react(seq, bob, '+1'), react(seq, bob, '\u{1f697}')]
    const seqsOf = await doAll(
      talk,
      ops.map((change) => talk.op('userId' in change ? change.userId : alice, change)),
    )
    const message = async () => (await scene.timeline(conversationId)).find((one) => one.seq === seq)!
    expect(await message()).toMatchObject({ asOf: seqsOf[2], editedAt: null, recalled: false })
    expect(parsed((await message()).reactions)).toEqual({ '+1': 2, '\u{1f697}': 1 })
    const before = await everything(talk)
    const again = talk.op(bob, react(seq, bob, '+1'))
    expect(only(await scene.commit(again))).toEqual({ status: 'unchanged', seq: seqsOf[1] })
    expect(await everything(talk)).toEqual(before)
    expect(await scene.view(bob, conversationId)).toMatchObject({ unread: 1 })
  },
  'one’s own reactions are told for each message, in the order asked': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const said = [await talk.said(alice), await talk.said(alice), await talk.said(bob)]
    await doAll(talk, [
      talk.op(bob, react(said[0]!, bob, 'b')),
      talk.op(bob, react(said[0]!, bob, 'a')),
      talk.op(alice, react(said[0]!, alice, 'c')),
      talk.op(bob, react(said[2]!, bob, 'a')),
      talk.op(bob, react(said[2]!, bob, 'A')),
    ])
    const asked = [said[2]!, said[1]!, said[0]!, 1_000, said[2]!].map((seq) => ({ conversationId, seq }))
    const mine = async (userId: UserId): Promise<string[][]> => {
      const found = await scene.storage.timelines.reactions(userId, asked)
      return found.map((one) => one.toSorted())
    }
    expect(await mine(bob)).toEqual([['A', 'a'], [], ['a', 'b'], [], ['A', 'a']])
    expect(await mine(alice)).toEqual([[], [], ['c'], [], []])
    expect(await mine(scene.user('nobody'))).toEqual([[], [], [], [], []])
    expect(await scene.storage.timelines.reactions(bob, [])).toEqual([])
  },
  'a reaction that is taken back counts no more, and the last one leaves none': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const seq = await talk.said(alice)
    const reactions = async (): Promise<unknown> =>
      parsed((await scene.timeline(conversationId)).find((one) => one.seq === seq)!.reactions)
    await doAll(talk, [talk.op(alice, react(seq, alice, 'x')), talk.op(bob, react(seq, bob, 'x'))])
    const back = await done(scene, talk.op(alice, unreact(seq, alice, 'x')))
    expect(await reactions()).toEqual({ x: 1 })
    const before = await everything(talk)
    expect(only(await scene.commit(talk.op(alice, unreact(seq, alice, 'x'))))).toEqual({
      status: 'unchanged',
      seq: back,
    })
    expect(await everything(talk)).toEqual(before)
    await done(scene, talk.op(bob, unreact(seq, bob, 'x')))
    expect(await reactions()).toBeNull()
    await done(scene, talk.op(bob, react(seq, bob, 'x')))
    expect(await reactions()).toEqual({ x: 1 })
  },
  'to take back a reaction that was never made is unchanged, with what was folded in last': async (talk) => {
    const { scene, alice } = talk
    const seq = await talk.said(alice)
    const taken = async (): Promise<unknown> => only(await scene.commit(talk.op(alice, unreact(seq, alice, 'x'))))
    expect(await taken()).toEqual({ status: 'unchanged', seq })
    const at = await done(scene, talk.op(alice, edit(seq, 'new')))
    expect(await taken()).toEqual({ status: 'unchanged', seq: at })
  },
  'a message has no more different reactions than it may': async (talk) => {
    const { scene, alice, bob } = talk
    const seq = await talk.said(alice)
    const max = 2
    const with_ = (userId: UserId, reaction: string): ControlOp =>
      talk.op(userId, react(seq, userId, reaction, { max }))
    await doAll(talk, [with_(alice, 'a'), with_(bob, 'b')])
    const before = await everything(talk)
    expect(only(await scene.commit(with_(alice, 'c')))).toEqual({ status: 'too-many' })
    expect(await everything(talk)).toEqual(before)
    // A user may join a reaction that exists; a reaction that was removed makes room for another.
    await doAll(talk, [with_(alice, 'b'), talk.op(alice, unreact(seq, alice, 'a')), with_(alice, 'c')])
  },
  'reactions that look alike are different ones': async (talk) => {
    const { scene, alice, conversationId } = talk
    const alike = [
      'a',
      'A',
      '\u00e9',
      'e\u0301',
      '"',
      '\\',
      '1',
      '01',
      '__proto__',
      'constructor',
      '%',
      '_',
      '\u2764',
      '\u2764\ufe0f',
    ]
    const seq = await talk.said(alice)
    await doAll(
      talk,
      alike.map((reaction) => talk.op(alice, react(seq, alice, reaction))),
    )
    const { reactions } = (await scene.timeline(conversationId)).find((one) => one.seq === seq)!
    const counted = new Map(Object.entries(JSON.parse(reactions!) as object))
    expect(counted).toEqual(new Map(alike.map((reaction) => [reaction, 1])))
    const [mine] = await scene.storage.timelines.reactions(alice, [{ conversationId, seq }])
    expect(mine!.toSorted()).toEqual(alike.toSorted())
  },
  'changes of one message fold in their order, within a commit too': async (talk) => {
    const { scene, alice, bob, conversationId } = talk
    const seq = await talk.said(alice)
    const results = await scene.commit(
      talk.op(alice, edit(seq, 'one')),
      talk.op(bob, react(seq, bob, '+1')),
      talk.op(alice, edit(seq, 'two')),
      talk.op(bob, unreact(seq, bob, '+1')),
      talk.op(alice, recall(seq)),
      talk.op(alice, recall(seq)),
      talk.op(alice, edit(seq, 'three')),
    )
    expect(results.map((result) => ('seq' in result ? [result.status, result.seq] : [result.status]))).toEqual([
      ...[3, 4, 5, 6, 7].map((at) => ['stored', at]),
      ['unchanged', 7],
      ['gone'],
    ])
    expect((await scene.timeline(conversationId)).find((one) => one.seq === seq)).toMatchObject({
      asOf: 7,
      recalled: true,
    })
  },
  'a repeat of a change answers the first result, whatever came between': async (talk) => {
    const { scene, alice } = talk
    const seq = await talk.said(alice)
    const editing = talk.op(alice, edit(seq, 'one'))
    const reacting = talk.op(alice, react(seq, alice, '+1'))
    await doAll(talk, [editing, reacting])
    await doAll(talk, [talk.op(alice, unreact(seq, alice, '+1')), talk.op(alice, recall(seq))])
    const before = await everything(talk)
    expect(await scene.commit(editing, reacting)).toMatchObject([
      { status: 'duplicate', seq: 3, msgId: editing.message.msgId, digest: editing.message.digest },
      { status: 'duplicate', seq: 4, msgId: reacting.message.msgId, digest: reacting.message.digest },
    ])
    expect(await everything(talk)).toEqual(before)
  },
  'history leaves recalls, edits and reactions out, and counts what it returns': async (talk) => {
    const { scene, alice, conversationId } = talk
    const said: Seq[] = []
    for (const n of upTo(6)) {
      const seq = await talk.said(alice)
      said.push(seq)
      const change = [recall(seq), edit(seq, 'x'), react(seq, alice, 'x')][n % 3]!
      await done(scene, talk.op(alice, change))
    }
    const page = async (range: { after?: number; before?: number }, limit: number): Promise<unknown> => {
      const { messages, more } = await scene.storage.timelines.messages(conversationId, { ...range, limit })
      return [seqs(messages), more]
    }
    expect(await page({ after: 1 }, 6)).toEqual([said, false])
    expect(await page({ after: 1 }, 5)).toEqual([said.slice(0, 5), true])
    expect(await page({ after: said[2]! }, 2)).toEqual([said.slice(3, 5), true])
    expect(await page({ before: said[4]! }, 3)).toEqual([said.slice(1, 4), true])
    expect(await page({ after: 1, before: said[2]! }, 2)).toEqual([said.slice(0, 2), false])
    expect(await page({}, 4)).toEqual([said.slice(2), true])
    expect(await page({ after: said[5]! }, 4)).toEqual([[], false])
  },
}

export const controls: StorageGroup = {
  title: 'recalls, edits and reactions',
  cases: Object.entries(promises).flatMap(([name, run]) => [
    { name: `${name} (in a conversation of two)`, run: async (scene) => run(await ofTwo(scene)) },
    { name: `${name} (in a group)`, run: async (scene) => run(await ofGroup(scene)) },
  ]),
}

/** Commits the ops one by one, in order; each must be stored. */
async function doAll({ scene }: Talk, ops: readonly ControlOp[]): Promise<Seq[]> {
  const stored: Seq[] = []
  for (const op of ops) stored.push(await done(scene, op))
  return stored
}

/** Everything that any read returns of a conversation to its two users. */
async function everything({ scene, alice, bob, conversationId }: Talk): Promise<unknown> {
  const { timelines, conversations } = scene.storage
  return Promise.all([
    scene.timeline(conversationId),
    ...[alice, bob].flatMap((userId) => [
      scene.inbox(userId),
      timelines.messages(conversationId, { limit: 1_000, reader: userId }),
      timelines.timeline(userId, conversationId, 0, 1_000),
      conversations.views(userId, [conversationId]),
    ]),
  ])
}
