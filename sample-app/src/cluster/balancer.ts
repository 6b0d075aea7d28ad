// One port in front of several nodes: each connection goes to the node with the fewest. It hands on bytes and reads
// nothing, so every protocol of the app passes. In production nginx or a cloud's balancer stands here.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A node that takes connections on this machine. */
export interface Target {
  readonly port: number
}

export class Balancer {
  private readonly server: Server
  private readonly open = new Map<number, Set<Socket>>()

  /** @param targets the nodes that take connections at this moment, asked for each connection */
  constructor(private readonly targets: () => readonly Target[]) {
    this.server = createServer({ pauseOnConnect: true }, (client) => this.hand(client, new Set()))
  }

  /** Begins to listen; answers the port, which the system chooses for 0. */
  async listen(port: number): Promise<number> {
    this.server.listen(port)
    await once(this.server, 'listening')
    return (this.server.address() as { port: number }).port
  }

  /** Takes no more connections, and ends those there are. */
  close(): void {
    this.server.close()
    for (const sockets of this.open.values()) for (const socket of sockets) socket.destroy()
  }

  /** Connects a client to the first node that answers; where none does, the client's connection ends. */
  private hand(client: Socket, tried: Set<number>): void {
    const port = this.choose(tried)
    if (port === undefined) {
      client.destroy()
      return
    }
    tried.add(port)
    const node = connect({ port, host: '127.0.0.1', noDelay: true })
    const onRefused = (): void => this.hand(client, tried)
    node.once('error', onRefused)
    node.once('connect', () => {
      node.off('error', onRefused)
      this.join(client, node, port)
    })
  }

  private choose(tried: ReadonlySet<number>): number | undefined {
    const ports = this.targets().map(({ port }) => port)
    const load = (port: number): number => this.open.get(port)?.size ?? 0
    return ports.filter((port) => !tried.has(port)).sort((a, b) => load(a) - load(b))[0]
  }

  private join(client: Socket, node: Socket, port: number): void {
    const sockets = this.open.get(port) ?? new Set()
    this.open.set(port, sockets.add(client))
    client.setNoDelay(true)
    client.pipe(node)
    node.pipe(client)
    // Whatever ends one side ends the other; an error is followed by `close`.
    for (const [socket, other] of [
      [client, node],
      [node, client],
    ] as const) {
      socket.on('error', () => {})
      socket.once('close', () => other.destroy())
    }
    client.once('close', () => sockets.delete(client))
    if (client.destroyed) node.destroy()
  }
}
