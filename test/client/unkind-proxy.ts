// A TCP proxy that treats its connections badly: it cuts them, delays them, swallows what the server says, and hands on
// byte by byte.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { SeededRandom } from '@rookery/testing'

export const unkindnesses = ['cut', 'delay', 'swallow', 'byte by byte'] as const
export type Unkindness = (typeof unkindnesses)[number]

export class UnkindProxy {
  /** How often each happened. */
  readonly done = new Map<Unkindness, number>()
  /** While false it only hands on. */
  isUnkind = true
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(
    private readonly port: number,
    private readonly random: SeededRandom,
  ) {
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(port: number, random: SeededRandom): Promise<UnkindProxy> {
    const proxy = new UnkindProxy(port, random)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on it is kind; connections that lost something end. */
  heal(): void {
    this.isUnkind = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept(client: Socket): void {
    const server = connect(this.port, '127.0.0.1')
    const both = [client, server]
    for (const socket of both) {
      this.#sockets.add(socket.setNoDelay(true))
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const other of both) other.destroy()
      })
    }
    this.#handOn(client, server, false)
    this.#handOn(server, client, true)
  }

  /** Chunks keep their order, whatever is done to them. */
  #handOn(from: Socket, to: Socket, isAnswer: boolean): void {
    let before = Promise.resolve()
    let isSwallowing = false
    from.on('data', (chunk: Buffer) => {
      before = before.then(async () => {
        const how = this.isUnkind && this.random.chance(0.08) ? this.random.pick(unkindnesses) : null
        if (how !== null) this.done.set(how, (this.done.get(how) ?? 0) + 1)
        if (how === 'cut') from.destroy()
        else if (how === 'delay') await new Promise((resolve) => setTimeout(resolve, this.random.int(120)))
        else if (how === 'swallow' && isAnswer) {
          isSwallowing = true
          // What was swallowed is noticed when the connection ends.
          setTimeout(() => from.destroy(), this.random.int(150))
        }
        if (isSwallowing || to.destroyed) return
        if (how !== 'byte by byte') return void to.write(chunk)
        for (let at = 0; at < chunk.length; at++) {
          to.write(chunk.subarray(at, at + 1))
          if (at % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
      })
    })
  }
}
