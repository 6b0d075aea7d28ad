// Reads pages of inboxes, in its own process: through Rookery, up to the text for a client; and by bare SQL through the
// same driver, with the rows turned into the same text in Node.
import { createRookery, type Rookery } from '@rookery/core'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import pg from 'pg'
import { answerParent } from '../child-answers.js'
import { databaseUrl } from '../servers/serve.js'
import { Filling } from './filled.js'
import { openPuller, type Pull } from './puller.js'

export interface PagesAsked {
  readonly by: 'rookery' | 'bare'
  readonly atOnce: number
  readonly windowMs: number
}
export interface PagesFound {
  readonly perS: number
  readonly bytesPerPage: number
}

const conversations = 50
const limit = 100
const connections = 4

const url = databaseUrl()
let rookery: Rookery
const pulls = new Map<string, Pull>()
let entries = 0
const pool = new pg.Pool({ connectionString: url, max: connections })

async function fill(inboxRows: number): Promise<void> {
  const storage = new TypeOrmStorage({ type: 'postgres', url, readers: connections })
  rookery = createRookery({ storage, authenticate: ({ token }) => ({ userId: token }), rate: 'off' })
  await rookery.start()
  await new Filling(storage, conversations).to(inboxRows / 2)
  await pool.query('VACUUM ANALYZE')
  entries = Math.floor(inboxRows / 2 / conversations)
  for (let pair = 0; pair < conversations; pair++) {
    for (const userId of [`a${pair}`, `b${pair}`]) pulls.set(userId, await openPuller(rookery, userId))
  }
}

/** The query that a person would write who knows the tables and needs only this page. */
const bareSql = `SELECT i.seq, i.at, m.msg_id, m.client_msg_id, c.conversation_id, m.seq AS conversation_seq, s.user_id AS sender,
    r.user_id AS recipient, m.type, m.content, m.server_time
  FROM im_inbox i
    JOIN im_conversation c ON c.id = i.conversation
    JOIN im_message m ON m.conversation = i.conversation AND m.seq = i.conversation_seq
    LEFT JOIN im_user s ON s.id = m.sender LEFT JOIN im_user r ON r.id = m.recipient
  WHERE i.person = (SELECT id FROM im_user WHERE user_id = $1) AND i.seq > $2 ORDER BY i.seq LIMIT $3`

async function barePage(userId: string, since: number): Promise<string> {
  const { rows } = await pool.query({ name: 'page', text: bareSql, values: [userId, since, limit] })
  const page = rows.map((row) => ({
    seq: Number(row.seq),
    kind: 'message',
    at: Number(row.at),
    message: {
      msgId: row.msg_id,
      clientMsgId: row.client_msg_id,
      conversationId: row.conversation_id,
      seq: Number(row.conversation_seq),
      from: row.sender,
      to: row.recipient,
      type: row.type,
      content: JSON.parse(row.content),
      serverTime: Number(row.server_time),
    },
  }))
  return JSON.stringify({ ok: true, data: { entries: page, seq: page.at(-1)?.seq, more: true } })
}

/** Readers that catch up from random places, one page each. */
async function measure({ by, atOnce, windowMs }: PagesAsked): Promise<PagesFound> {
  const users = [...pulls.keys()]
  let pages = 0
  let bytes = 0
  let turn = 0
  const endsAt = performance.now() + windowMs
  const startedAt = performance.now()
  const reader = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const n = turn++
      const userId = users[n % users.length]!
      const since = ((n * 7919) % Math.max(1, entries - limit)) >>> 0
      const text = by === 'bare' ? await barePage(userId, since) : await pulls.get(userId)!(since, limit)
      bytes += Buffer.byteLength(text)
      pages++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, reader))
  return { perS: (pages * 1000) / (performance.now() - startedAt), bytesPerPage: bytes / pages }
}

answerParent(null, { fill, measure })
