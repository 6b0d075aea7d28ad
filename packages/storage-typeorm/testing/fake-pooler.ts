// A pooler for PostgreSQL that gives the server's sessions to other clients between transactions. Each client logs in
// over its own connection, which all clients then share.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * Which of the free sessions a client gets: the one that was returned last, or the one that has been free for the
 * longest time.
 */
export type Turn = 'last' | 'first'

/** Splits the stream into whole messages: a kind, a length and a body. */
function messagesOf(took: (kind: string, message: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const end = rest.readUInt32BE(1) + 1
      took(String.fromCharCode(rest[0]!), rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}

interface Client {
  readonly socket: Socket
  server: Socket | null
  waiting: Buffer[]
}

/** @returns the port on which it listens */
export async function fakePooler(serverPort: number, turn: Turn): Promise<number> {
  const free: Socket[] = []
  const queue: Client[] = []
  const clientOf = new Map<Socket, Client>()
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {})
  }
  const give = (client: Client): void => {
    const server = turn === 'last' ? free.pop() : free.shift()
    if (server === undefined) return void queue.push(client)
    client.server = server
    clientOf.set(server, client)
    for (const message of client.waiting.splice(0)) server.write(message)
  }
  const release = (server: Socket): void => {
    const client = clientOf.get(server)
    clientOf.delete(server)
    if (client) client.server = null
    free.push(server)
    const next = queue.shift()
    if (next) give(next)
  }
  const listener = createServer((socket) => {
    const client: Client = { socket: keep(socket), server: null, waiting: [] }
    let isIn = false
    const own = keep(connect(serverPort, '127.0.0.1'))
    clientOf.set(own, client)
    own.on(
      'data',
      messagesOf((kind, message) => {
        clientOf.get(own)?.socket.write(message)
        if (kind !== 'Z' || message[5] !== 'I'.charCodeAt(0)) return
        isIn = true
        release(own)
      }),
    )
    const took = messagesOf((kind, message) => {
      if (kind === 'X') return
      if (client.server) return void client.server.write(message)
      client.waiting.push(message)
      if (client.waiting.length === 1) give(client)
    })
    // The first message has no kind, and the client sends nothing after it before the server is ready.
    socket.on('data', (data) => (isIn ? took(data) : own.write(data)))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  return (listener.address() as AddressInfo).port
}
