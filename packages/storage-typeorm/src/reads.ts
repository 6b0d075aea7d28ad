// Every read of the storage port by its name: what a dialect answers, and how the port's roles ask for it.
import type {
  ConversationReads,
  DeviceReads,
  GroupReads,
  HeadReads,
  KeyReads,
  ListPosition,
  MemberReads,
  PushReads,
  Storage,
  TimelineReads,
} from '@rookery/core'

type Answer<Method extends (...args: never) => Promise<unknown>> = Awaited<ReturnType<Method>>

interface Table {
  readonly inbox: { args: UserPage<number>; result: Answer<TimelineReads['inbox']> }
  readonly messages: {
    args: { readonly conversationId: string; readonly range: Parameters<TimelineReads['messages']>[1] }
    result: Answer<TimelineReads['messages']>
  }
  readonly timeline: {
    args: UserPage<number> & { readonly conversationId: string }
    result: Answer<TimelineReads['timeline']>
  }
  readonly follows: { args: { readonly userId: string }; result: Answer<HeadReads['follows']> }
  readonly followsAfter: { args: UserPage<string | null>; result: Answer<HeadReads['followsAfter']> }
  readonly heads: { args: { readonly userIds: readonly string[] }; result: Answer<HeadReads['users']> }
  readonly conversationHeads: {
    args: { readonly conversationIds: readonly string[] }
    result: Answer<HeadReads['conversations']>
  }
  readonly reactions: {
    args: { readonly userId: string; readonly messages: Parameters<TimelineReads['reactions']>[1] }
    result: Answer<TimelineReads['reactions']>
  }
  readonly entryAt: {
    args: { readonly userId: string; readonly seq: number }
    result: Answer<TimelineReads['entryAt']>
  }
  readonly key: {
    args: { readonly from: string | null; readonly clientMsgId: string }
    result: Answer<KeyReads['find']>
  }
  readonly loginEpoch: { args: null; result: Answer<HeadReads['loginEpoch']> }
  readonly views: {
    args: { readonly userId: string; readonly conversationIds: readonly string[] }
    result: Answer<ConversationReads['views']>
  }
  readonly list: { args: UserPage<ListPosition | null>; result: Answer<ConversationReads['list']> }
  readonly access: {
    args: { readonly conversationId: string; readonly userId: string | null }
    result: Answer<MemberReads['access']>
  }
  readonly sharing: {
    args: { readonly userId: string; readonly others: readonly string[] }
    result: Answer<MemberReads['sharing']>
  }
  readonly readers: {
    args: {
      readonly conversationId: string
      readonly seq: number
      readonly after: string | null
      readonly limit: number
    }
    result: Answer<MemberReads['readers']>
  }
  readonly group: { args: { readonly groupId: string }; result: Answer<GroupReads['group']> }
  readonly roster: { args: { readonly groupId: string }; result: Answer<GroupReads['roster']> }
  readonly memberships: {
    args: { readonly groupId: string; readonly userIds: readonly string[] }
    result: Answer<GroupReads['memberships']>
  }
  readonly members: {
    args: { readonly groupId: string; readonly after: string | null; readonly limit: number }
    result: Answer<GroupReads['members']>
  }
  readonly memberOf: { args: UserPage<string | null>; result: Answer<GroupReads['memberOf']> }
  readonly owned: { args: { readonly userId: string }; result: Answer<GroupReads['owned']> }
  readonly push: { args: { readonly userIds: readonly string[] }; result: Answer<PushReads['list']> }
  readonly pushBehind: {
    args: { readonly after: string | null; readonly limit: number }
    result: Answer<PushReads['behind']>
  }
  readonly devices: { args: { readonly userIds: readonly string[] }; result: Answer<DeviceReads['list']> }
}

/** A page of what is one user's, after a place. */
interface UserPage<After> {
  readonly userId: string
  readonly after: After
  readonly limit: number
}

export type ReadName = keyof Table
export type ReadArgs<Name extends ReadName> = Table[Name]['args']
export type ReadResult<Name extends ReadName> = Table[Name]['result']

/** Answers a read by its name. @throws StorageError */
export type Read = <Name extends ReadName>(name: Name, args: ReadArgs<Name>) => Promise<ReadResult<Name>>

/** The roles of the port that read. */
export const readsOver = (
  read: Read,
): Pick<Storage, 'timelines' | 'heads' | 'keys' | 'conversations' | 'members' | 'groups' | 'devices' | 'push'> => ({
  timelines: {
    inbox: (userId, after, limit) => read('inbox', { userId, after, limit }),
    messages: (conversationId, range) => read('messages', { conversationId, range }),
    timeline: (userId, conversationId, after, limit) => read('timeline', { userId, conversationId, after, limit }),
    reactions: (userId, messages) => read('reactions', { userId, messages }),
    entryAt: (userId, seq) => read('entryAt', { userId, seq }),
  },
  heads: {
    users: (userIds) => read('heads', { userIds }),
    conversations: (conversationIds) => read('conversationHeads', { conversationIds }),
    follows: (userId) => read('follows', { userId }),
    followsAfter: (userId, after, limit) => read('followsAfter', { userId, after, limit }),
    loginEpoch: () => read('loginEpoch', null),
  },
  keys: {
    find: (from, clientMsgId) => read('key', { from, clientMsgId }),
  },
  conversations: {
    views: (userId, conversationIds) => read('views', { userId, conversationIds }),
    list: (userId, after, limit) => read('list', { userId, after, limit }),
  },
  members: {
    access: (conversationId, userId) => read('access', { conversationId, userId }),
    sharing: (userId, others) => read('sharing', { userId, others }),
    readers: (conversationId, seq, after, limit) => read('readers', { conversationId, seq, after, limit }),
  },
  groups: {
    group: (groupId) => read('group', { groupId }),
    roster: (groupId) => read('roster', { groupId }),
    memberships: (groupId, userIds) => read('memberships', { groupId, userIds }),
    members: (groupId, after, limit) => read('members', { groupId, after, limit }),
    memberOf: (userId, after, limit) => read('memberOf', { userId, after, limit }),
    owned: (userId) => read('owned', { userId }),
  },
  push: {
    list: (userIds) => read('push', { userIds }),
    behind: (after, limit) => read('pushBehind', { after, limit }),
  },
  devices: {
    list: (userIds) => read('devices', { userIds }),
  },
})
