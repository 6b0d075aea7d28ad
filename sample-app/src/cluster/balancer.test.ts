import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { Balancer } from './balancer.js'

/** A node that says its name to whoever connects, and repeats what it is told. */
async function startNode(name: string): Promise<{ port: number; sockets: Set<Socket>; server: Server }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.write(name)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets, server }
}

async function startBalancer(targets: () => { port: number }[]): Promise<number> {
  const balancer = new Balancer(targets)
  onTestFinished(() => balancer.close())
  return balancer.listen(0)
}

/** Connects, and resolves with what came first. */
async function greeted(port: number): Promise<{ socket: Socket; by: string }> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  const [data] = (await once(socket, 'data')) as [Buffer]
  return { socket, by: data.toString() }
}

it('gives each connection to the node with the fewest, and hands on what both sides say', async () => {
  const [a, b] = [await startNode('a'), await startNode('b')]
  const port = await startBalancer(() => [a, b])
  const clients = [await greeted(port), await greeted(port), await greeted(port), await greeted(port)]
  expect(clients.map(({ by }) => by).sort()).toEqual(['a', 'a', 'b', 'b'])
  clients[0]!.socket.write('hello')
  expect(String((await once(clients[0]!.socket, 'data'))[0])).toBe('hello')
})

it('goes past a node that does not answer', async () => {
  const [gone, here] = [await startNode('gone'), await startNode('here')]
  gone.server.close()
  await once(gone.server, 'close')
  const port = await startBalancer(() => [gone, here])
  expect((await greeted(port)).by).toBe('here')
})

it('ends a connection where no node answers', async () => {
  const port = await startBalancer(() => [])
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'close')
})

it('ends the other side when one side ends', async () => {
  const node = await startNode('a')
  const port = await startBalancer(() => [node])
  const first = await greeted(port)
  first.socket.destroy()
  await vi.waitFor(() => expect(node.sockets.size).toBe(0))
  const second = await greeted(port)
  for (const socket of node.sockets) socket.destroy()
  await once(second.socket, 'close')
})
