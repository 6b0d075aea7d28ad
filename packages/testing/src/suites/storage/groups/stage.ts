// A group of a case, with short methods that create it, change it, send in it, and read what its members received.
import { expect } from 'vitest'
import type { ConversationId, Seq, UserId } from '@rookery/protocol'
import type {
  AppendOp,
  ControlChange,
  ControlOp,
  GroupChange,
  GroupOp,
  GroupResult,
  NewMessage,
  StoredMessage,
} from '@rookery/core'
import { only, type Said, type StorageScene } from '../scene.js'

type StoredChange = Extract<GroupResult, { status: 'stored' }>
type Reads = 'from-now' | 'everything'

export class GroupOnStage {
  /** The version after the changes made through `change`. */
  version: number | null = null
  members: UserId[] = []
  isRead = false

  constructor(
    readonly scene: StorageScene,
    readonly id: ConversationId,
  ) {}

  /** A group that is created, with the first user as its owner and the others as members. */
  static async make(
    scene: StorageScene,
    [owner, ...others]: readonly UserId[],
    change: Omit<GroupChange, 'join'> = {},
    name = 'group',
  ): Promise<GroupOnStage> {
    const group = new GroupOnStage(scene, scene.conversation(name))
    await group.change(owner!, { name: 'a group', join: founders(owner!, others), ...change })
    return group
  }

  /** Makes a change without committing it, decided by what is known here. */
  changing(by: UserId | null, change: GroupChange, given: Partial<NewMessage> = {}): GroupOp {
    const joining = (change.join ?? []).map(({ userId }) => userId)
    const isRead = this.isRead || change.fanOut === 'read'
    return {
      op: 'group',
      message: uncounted(this.scene, {
        from: by,
        kind: 'c2g',
        to: null,
        conversationId: this.id,
        type: 'im.group',
        content: JSON.stringify({ event: 'updated', by }),
        ...given,
      }),
      version: this.version,
      members: isRead ? [] : [...new Set([...this.members, ...joining])],
      change,
    }
  }

  async change(by: UserId | null, change: GroupChange): Promise<StoredChange> {
    return this.did(this.changing(by, change))
  }

  /** Commits a change, which must be stored. */
  async did(op: GroupOp): Promise<StoredChange> {
    const { change } = op
    const result: GroupResult = only(await this.scene.commit(op))
    if (result.status !== 'stored') throw new Error(`expected a stored change, got ${JSON.stringify(result)}`)
    const gone = new Set(change.dissolve ? this.members : change.leave)
    const joined = (change.join ?? []).map(({ userId }) => userId)
    this.members = [...new Set([...this.members, ...joined])].filter((userId) => !gone.has(userId))
    this.version = result.version
    this.isRead ||= change.fanOut === 'read'
    return result
  }

  join = (by: UserId, userId: UserId, reads: Reads = 'from-now'): Promise<StoredChange> =>
    this.change(by, { join: [{ userId, role: 'member', reads }] })

  leave = (by: UserId, ...leave: UserId[]): Promise<StoredChange> => this.change(by, { leave })

  /** Makes a message to append, decided by what is known here. */
  say(from: UserId | null, said: Said & { readonly version?: number } = {}): AppendOp {
    const { version = this.version!, ...given } = said
    const op = this.scene.say(from ?? '', from ?? '', {
      kind: 'c2g',
      from,
      to: null,
      conversationId: this.id,
      members: this.isRead ? [] : this.members,
      movesPosition: from !== null,
      ...given,
    })
    return { ...op, version }
  }

  /** Sends it, and returns its sequence. */
  async said(from: UserId, said: Said = {}): Promise<Seq> {
    return (await this.scene.storeOne(this.say(from, said))).seq
  }

  controlling(from: UserId, change: ControlChange, given: Partial<NewMessage> = {}): ControlOp {
    const message = { kind: 'c2g', to: null, conversationId: this.id, ...given } as const
    const members = this.isRead ? [] : this.members
    return { ...controlOf(this.scene, from, change, message), members, version: this.version! }
  }

  /** Makes the change, which must be stored, and returns the control message's sequence. */
  control = (from: UserId, change: ControlChange): Promise<Seq> => done(this.scene, this.controlling(from, change))

  /** The sequences of this group's messages in an inbox, in order. */
  async given(userId: UserId): Promise<Seq[]> {
    const entries = await this.scene.inbox(userId)
    return entries.flatMap((entry) =>
      entry.kind === 'message' && entry.conversationId === this.id ? [entry.conversationSeq] : [],
    )
  }

  /** What a reader finds in history; the sequences are `seqs(await group.history(userId))`. */
  async history(reader: UserId): Promise<readonly StoredMessage[]> {
    return (await this.scene.storage.timelines.messages(this.id, { after: 0, limit: 1_000, reader })).messages
  }

  /** A message of the timeline, control messages too, as no reader in particular sees it. */
  async message(seq: Seq): Promise<StoredMessage> {
    const { messages } = await this.scene.storage.timelines.messages(this.id, {
      after: seq - 1,
      before: seq + 1,
      limit: 1,
    })
    return only(messages)
  }
}

/** The members of a new group: one owner, and others. */
export const founders = (owner: UserId, others: readonly UserId[]): NonNullable<GroupChange['join']> => [
  { userId: owner, role: 'owner', reads: 'everything' },
  ...others.map((userId) => ({ userId, role: 'member', reads: 'everything' }) as const),
]

/** Recalls, edits or reacts in the c2c conversation. */
export const controlling = (scene: StorageScene, from: UserId, to: UserId, change: ControlChange): ControlOp =>
  controlOf(scene, from, change, { kind: 'c2c', to, conversationId: scene.between(from, to) }, [from, to])

/** Commits a change of a message, which must be stored, and returns the control message's sequence. */
export async function done(scene: StorageScene, op: ControlOp): Promise<Seq> {
  const result = only(await scene.commit(op))
  if (result.status !== 'stored') throw new Error(`expected a stored change, got ${JSON.stringify(result)}`)
  return result.seq
}

export const recall = (seq: Seq): ControlChange => ({ kind: 'recall', seq })
export const edit = (seq: Seq, text: string): ControlChange => ({
  kind: 'edit',
  seq,
  content: JSON.stringify({ text }),
})
export const react = (seq: Seq, userId: UserId, reaction: string, given: { max?: number } = {}): ControlChange => ({
  kind: 'reaction',
  seq,
  userId,
  reaction,
  remove: false,
  max: 20,
  ...given,
})
export const unreact = (seq: Seq, userId: UserId, reaction: string): ControlChange => ({
  kind: 'reaction',
  seq,
  userId,
  reaction,
  remove: true,
  max: 20,
})

function controlOf(
  scene: StorageScene,
  from: UserId,
  change: ControlChange,
  given: Partial<NewMessage>,
  members: readonly UserId[] = [],
): ControlOp {
  const { kind, seq, ...rest } = change
  const told = kind === 'reaction' ? { reaction: change.reaction, remove: change.remove } : rest
  const content =
    change.kind === 'edit' ? `{"seq":${seq},"content":${change.content}}` : JSON.stringify({ seq, ...told })
  const message = uncounted(scene, { from, type: `im.${kind}`, content, ...given })
  return { op: 'control', message, members, change }
}

const uncounted = (scene: StorageScene, given: Partial<NewMessage>): NewMessage =>
  scene.say('', '', { countable: false, ...given }).message

export const seqs = (messages: readonly StoredMessage[]): Seq[] => messages.map(({ seq }) => seq)

export const parsed = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown))

/** What must be the same before and after an op that writes nothing. */
export async function writesNothing<T>(
  group: GroupOnStage,
  users: readonly UserId[],
  act: () => Promise<T>,
): Promise<T> {
  const { storage } = group.scene
  const state = async (): Promise<unknown> => ({
    inboxes: await Promise.all(users.map((userId) => group.scene.inbox(userId))),
    views: await Promise.all(users.map((userId) => storage.conversations.views(userId, [group.id]))),
    timeline: await group.scene.timeline(group.id),
    head: await storage.heads.conversations([group.id]),
    group: await storage.groups.group(group.id),
    memberships: await storage.groups.memberships(group.id, users),
  })
  const before = await state()
  const answer = await act()
  expect(await state()).toEqual(before)
  return answer
}
