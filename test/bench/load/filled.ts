// A chat database filled with c2c messages through the storage port, at full speed.
import type { AppendOp, Storage } from '@rookery/core'

const batchOps = 500
const filler = 'x'.repeat(88)

/** Conversation `n` has the users `a<n>` and `b<n>`, who send in turns. */
export class Filling {
  #written = 0

  constructor(
    private readonly storage: Storage,
    private readonly conversations: number,
  ) {}

  get written(): number {
    return this.#written
  }

  /**
   * Adds messages to the conversations in turns, until `messages` are stored. @param told called after each ten
   * thousand, with the number so far
   */
  async to(messages: number, told: (written: number) => void = () => {}): Promise<void> {
    while (this.#written < messages) {
      const size = Math.min(batchOps, messages - this.#written)
      await this.store(Array.from({ length: size }, () => this.next()))
      if (this.#written % 10_000 < size) told(this.#written)
    }
  }

  async store(ops: readonly AppendOp[]): Promise<void> {
    for (const result of await this.storage.commit(ops))
      if (result.status !== 'stored') throw new Error(`a message was not stored: ${result.status}`)
  }

  next(): AppendOp {
    const n = this.#written++
    const pair = n % this.conversations
    const isBack = Math.floor(n / this.conversations) % 2 === 1
    const [from, to] = isBack ? [`b${pair}`, `a${pair}`] : [`a${pair}`, `b${pair}`]
    return {
      op: 'append',
      members: [`a${pair}`, `b${pair}`],
      movesPosition: true,
      message: {
        msgId: `m-${n.toString(36).padStart(12, '0')}`,
        // Clients choose random keys, so an index takes them in random order.
        clientMsgId: `${((n * 2_654_435_761) >>> 0).toString(36)}-${n.toString(36)}`,
        conversationId: `p_bench${pair.toString(36).padStart(36, '0')}`,
        kind: 'c2c',
        from,
        to,
        subject: '',
        type: 'text',
        content: JSON.stringify({ text: `${filler}${n % 1000}` }),
        ext: null,
        replyTo: null,
        silent: false,
        mentions: null,
        viaServer: false,
        countable: true,
        clientTime: null,
        serverTime: 1_760_000_000_000 + n,
        digest: 'd'.repeat(43),
      },
    }
  }
}
