// What the business server says: `s2c` while the app listens, and stored facts from the inbox.
export type TopicHandler = (payload: unknown) => unknown

export class Topics {
  readonly #handlers = new Map<string, Set<TopicHandler>>()

  on(topic: string, handler: TopicHandler): () => void {
    const handlers = this.#handlers.get(topic) ?? new Set()
    this.#handlers.set(topic, handlers)
    const one: TopicHandler = (payload) => handler(payload)
    handlers.add(one)
    return () => handlers.delete(one)
  }

  /**
   * Gives it to every handler of its topic.
   * @returns whether it was handled: there is a handler, and none failed
   */
  async tell(topic: string, payload: unknown): Promise<boolean> {
    const handlers = [...(this.#handlers.get(topic) ?? [])]
    const outcomes = await Promise.allSettled(handlers.map(async (handler) => handler(payload)))
    return outcomes.length > 0 && outcomes.every(({ status }) => status === 'fulfilled')
  }
}
