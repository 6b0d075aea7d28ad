// A bare socket.io server that acknowledges, emits to the recipient's room and stores nothing: the upper bound of the
// transport.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { serve } from './serve.js'

interface Sent {
  readonly to: string
  readonly clientId: string
  readonly body: string
}

const http = createServer()
const io = new Server(http, { transports: ['websocket'] })
let lastId = 0

io.on('connection', (socket) => {
  const userId = String(socket.handshake.auth['token'])
  void socket.join(`user:${userId}`)
  socket.on('join', (room: string, answer: () => void) => {
    void socket.join(room)
    answer()
  })
  socket.on('say', (sent: Sent, answer: (result: { id: number }) => void) => {
    const id = ++lastId
    io.to(sent.to).emit('msg', { id, from: userId, clientId: sent.clientId, body: sent.body })
    answer({ id })
  })
  socket.on('msg', (sent: Sent, answer: (result: { id: number }) => void) => {
    const id = ++lastId
    io.to(`user:${sent.to}`).emit('msg', { id, from: userId, clientId: sent.clientId, body: sent.body })
    answer({ id })
  })
})

http.listen(0, '127.0.0.1', () => serve((http.address() as AddressInfo).port, null))
