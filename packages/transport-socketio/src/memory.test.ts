// What an open connection must not keep in memory.
import { createServer } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Gate } from '@rookery/core'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { attachSocketIo } from './attach.js'
import { listen, until } from './testing/harness.js'

test('the request of the handshake is released while the connection stays open', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const headers: WeakRef<object>[] = []
  const gate: Gate = {
    open(handshake, connection) {
      headers.push(new WeakRef(handshake.headers))
      connection.emit({ event: 'ready', json: '{}' })
      return Promise.resolve({
        request: (_event, _args, answer) => answer?.('{"ok":true}'),
        closed() {},
      })
    },
  }
  const server = createServer()
  const transport = attachSocketIo(server, gate)
  const port = await listen(server)
  onTestFinished(() => transport.close())
  const socket = io(`http://127.0.0.1:${port}/im`, { transports: ['websocket'], forceNew: true })
  onTestFinished(() => void socket.disconnect())
  await new Promise((resolve) => socket.once('ready', resolve))
  await until(() => {
    collect()
    return headers.length === 1 && headers[0]?.deref() === undefined
  }, 'the headers are collected')
  expect(socket.connected).toBe(true)
  expect(await socket.emitWithAck('c2s', 1)).toEqual({ ok: true })
})
