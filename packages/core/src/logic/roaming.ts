// Reading what is stored for conversations: their messages, and the list of them.
import type { ConversationId, JsonText, UserId } from '../model/ids.js'
import type { ListPosition, Storage } from '../ports/storage.js'
import { c2cId } from '../protocol/digest.js'
import { RookeryError } from '../protocol/errors.js'
import type { Limits } from '../protocol/limits.js'
import type { RequestOf } from '../protocol/requests.js'
import { conversationJson, storedMessageJson } from '../protocol/wire.js'
import type { Authoriser } from './authorise.js'
import { cutPage } from './pages.js'
import type { Naming } from './naming.js'

interface Parts {
  readonly storage: Pick<Storage, 'timelines' | 'conversations'>
  readonly authoriser: Authoriser
  readonly naming: Naming
  readonly limits: Limits
}

export class Roaming {
  constructor(private readonly parts: Parts) {}

  /** A page of a conversation's messages, ascending; the newest where no bound is given. */
  async history(userId: UserId, request: RequestOf<'history'>): Promise<JsonText> {
    await this.parts.authoriser.member(userId, request.conversationId)
    return this.page(request)
  }

  /** A page of `history` for whoever may read it. */
  async page(request: RequestOf<'history'>): Promise<JsonText> {
    const { storage, limits } = this.parts
    const { conversationId, after, before } = request
    const limit = Math.min(request.limit ?? limits.history, limits.history)
    const range = { limit, ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) }
    const page = await storage.timelines.messages(conversationId, range)
    const forward = after !== undefined && before === undefined
    const cut = cutPage(page.messages.map(storedMessageJson), limits.pageBytes, forward ? 'front' : 'back')
    return `{"messages":${cut.json},"more":${page.more || cut.count < page.messages.length},"mine":{}}`
  }

  /** The user's conversations, latest activity first. */
  async conversations(userId: UserId, request: RequestOf<'conversations'>): Promise<JsonText> {
    const { storage, limits } = this.parts
    const after = request.cursor === undefined ? null : decodeCursor(request.cursor)
    const limit = Math.min(request.limit ?? limits.list, limits.list)
    const { conversations, unreadTotal, more } = await storage.conversations.list(userId, after, limit)
    const named = await this.parts.naming.name(userId, conversations)
    const cut = cutPage(named.map(conversationJson), limits.pageBytes, 'front')
    const last = conversations[cut.count - 1]
    const cursor =
      last !== undefined && (more || cut.count < conversations.length) ? `,"cursor":"${encodeCursor(last)}"` : ''
    return `{"conversations":${cut.json},"unreadTotal":${unreadTotal}${cursor}}`
  }

  /** One conversation, by its id or by whom it joins. */
  async get(userId: UserId, request: RequestOf<'conversation.get'>): Promise<JsonText> {
    return conversationJson(await this.parts.naming.view(userId, idOf(userId, request)))
  }
}

function idOf(userId: UserId, request: RequestOf<'conversation.get'>): ConversationId {
  if ('peerId' in request) return c2cId(userId, request.peerId, request.subject ?? '')
  return 'groupId' in request ? request.groupId : request.conversationId
}

const encodeCursor = ({ updatedAt, conversationId }: ListPosition): string =>
  Buffer.from(`${updatedAt} ${conversationId}`).toString('base64url')

function decodeCursor(cursor: string): ListPosition {
  const found = /^(\d{1,16}) ([!-~]{1,128})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (found === null) throw new RookeryError('BAD_REQUEST', 'cursor: is none that this server gave')
  return { updatedAt: Number(found[1]), conversationId: found[2]! }
}
