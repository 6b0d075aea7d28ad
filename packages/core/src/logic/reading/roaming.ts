// Reading stored conversations: their messages, and the list of conversations.
import {
  type ConversationId,
  type DeviceType,
  type JsonText,
  type RequestOf,
  RookeryError,
  type UserId,
} from '@rookery/protocol'
import { c2cId } from '../../model/digest.js'
import { conversationJson, storedMessageJson } from '../../model/wire.js'
import type { Limits } from '../../options/limits.js'
import type { ListPosition, Storage } from '../../ports/storage.js'
import { type Authoriser, notFound } from '../access/authorise.js'
import { messageAt } from '../messages/message-at.js'
import type { Naming } from './naming.js'
import { mineJson } from './own-reactions.js'
import { cutPage } from './pages.js'

interface Parts {
  readonly storage: Pick<Storage, 'timelines' | 'conversations' | 'members'>
  readonly authoriser: Authoriser
  readonly naming: Naming
  readonly limits: Limits
  /** Device types that may not read history. */
  readonly noRoaming: ReadonlySet<DeviceType>
}

export class Roaming {
  constructor(private readonly parts: Parts) {}

  /** A page of a conversation's messages, in ascending order; the newest messages where no bound is given. */
  async history(userId: UserId, deviceType: DeviceType, request: RequestOf<'history'>): Promise<JsonText> {
    if (this.parts.noRoaming.has(deviceType))
      throw new RookeryError('FORBIDDEN', 'roaming not allowed for this device type')
    const { authoriser, storage } = this.parts
    const { conversationId } = request
    await authoriser.member(userId, conversationId)
    const page = await this.page(request, userId)
    // The pairs of users are cached. The cache does not know that a user was erased and that somebody else has the id
    // since.
    if (page.startsWith(emptyPage) && (await storage.members.access(conversationId, userId)) === null) throw notFound()
    return page
  }

  /**
   * A page of `history`. The caller has checked who may read it.
   * @param userId the reader, whose membership decides what the page shows; null for the host, which sees everything
   *   and has no reactions
   */
  async page(request: RequestOf<'history'>, userId: UserId | null = null): Promise<JsonText> {
    const { storage, limits } = this.parts
    const { conversationId, after, before } = request
    const limit = Math.min(request.limit ?? limits.history, limits.history)
    const range = {
      limit,
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
      ...(userId === null ? {} : { reader: userId }),
    }
    const page = await storage.timelines.messages(conversationId, range)
    const forward = after !== undefined && before === undefined
    const cut = cutPage(page.messages.map(storedMessageJson), limits.pageBytes, forward ? 'front' : 'back')
    const kept = forward ? page.messages.slice(0, cut.count) : page.messages.slice(page.messages.length - cut.count)
    const mine = userId === null ? '{}' : await mineJson(storage.timelines, userId, kept)
    return `{"messages":${cut.json},"more":${page.more || cut.count < page.messages.length},"mine":${mine}}`
  }

  /** The members that have read up to a message. */
  async readers(userId: UserId, request: RequestOf<'readers'>): Promise<JsonText> {
    const { storage, limits, authoriser } = this.parts
    const { conversationId, seq, cursor } = request
    await authoriser.member(userId, conversationId)
    await messageAt(storage.timelines, conversationId, seq, userId)
    const after = cursor === undefined ? null : decodeUserCursor(cursor)
    const limit = Math.min(request.limit ?? limits.list, limits.list)
    const { more, ...page } = await storage.members.readers(conversationId, seq, after, limit)
    const last = page.userIds.at(-1)
    return JSON.stringify({ ...page, ...(more && last !== undefined ? { cursor: encodeUserCursor(last) } : {}) })
  }

  /** The user's conversations, the one with the latest activity first. */
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

  /** One conversation, by its id, by the other user or by its group. */
  async get(userId: UserId, request: RequestOf<'conversation.get'>): Promise<JsonText> {
    return conversationJson(await this.parts.naming.view(userId, idOf(userId, request)))
  }
}

function idOf(userId: UserId, request: RequestOf<'conversation.get'>): ConversationId {
  if ('peerId' in request) return c2cId(userId, request.peerId, request.subject ?? '')
  return 'groupId' in request ? request.groupId : request.conversationId
}

/** The beginning of an empty page that nothing follows. */
const emptyPage = '{"messages":[],"more":false'

const encodeUserCursor = (userId: UserId): string => Buffer.from(userId).toString('base64url')

function decodeUserCursor(cursor: string): UserId {
  const userId = Buffer.from(cursor, 'base64url').toString()
  if (!/^[!-~]{1,128}$/.test(userId)) throw foreignCursor()
  return userId
}

const encodeCursor = ({ updatedAt, conversationId }: ListPosition): string =>
  Buffer.from(`${updatedAt} ${conversationId}`).toString('base64url')

function decodeCursor(cursor: string): ListPosition {
  const found = /^(\d{1,16}) ([!-~]{1,128})$/.exec(Buffer.from(cursor, 'base64url').toString())
  if (found === null) throw foreignCursor()
  return { updatedAt: Number(found[1]), conversationId: found[2]! }
}

const foreignCursor = (): RookeryError => new RookeryError('BAD_REQUEST', 'cursor: this server did not give it')
