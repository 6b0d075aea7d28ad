// One server in its own process: a bare socket.io relay, or the transport with a gate that relays the same way. It
// takes commands and answers them over IPC. Clients have numbers; 2n and 2n+1 are a pair.
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { attachSocketIo } from '../dist/index.js'

const [kind] = process.argv.slice(2)
const server = createServer()
const peerOf = (id) => (id % 2 === 0 ? id + 1 : id - 1)

if (kind === 'plain') {
  const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, serveClient: false })
  io.of('/im').on('connection', (socket) => {
    const { id } = socket.handshake.auth
    void socket.join(`user:${id}`)
    socket.on('c2c', (message, answer) => {
      io.of('/im')
        .to(`user:${peerOf(id)}`)
        .emit('entries', message)
      answer({ ok: true })
    })
    socket.emit('ready', { id })
  })
} else {
  const connections = new Map()
  const gate = {
    async open({ auth: { id } }, connection) {
      connections.set(id, connection)
      connection.emit({ event: 'ready', json: JSON.stringify({ id }) })
      return {
        request(_event, [message], answer) {
          connections.get(peerOf(id))?.emit({ event: 'entries', json: JSON.stringify(message) })
          answer?.('{"ok":true}')
        },
        drained() {},
        closed() {
          connections.delete(id)
        },
      }
    },
  }
  attachSocketIo(server, gate, { directWrites: kind === 'direct', unauthenticatedPerAddressMax: 10_000 })
}

const settled = async () => {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, external } = process.memoryUsage()
  return { heapUsed, external, cpu: process.cpuUsage() }
}

process.on('message', (ask) => {
  if (ask === 'usage') process.send({ cpu: process.cpuUsage() })
  else if (ask === 'memory') void settled().then((memory) => process.send(memory))
  else process.exit(0)
})
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
