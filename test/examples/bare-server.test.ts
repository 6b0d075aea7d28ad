import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'
import { afterEach, expect, it } from 'vitest'

let child: ReturnType<typeof spawn> | undefined
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
  child?.kill('SIGKILL')
})

/** Starts the example on a free port; resolves with its URL. */
async function start(): Promise<string> {
  child = spawn(process.execPath, [fileURLToPath(new URL('../../examples/bare-server.js', import.meta.url)), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  for await (const chunk of child.stdout!) {
    printed += String(chunk)
    const port = /listening on (\d+)/.exec(printed)?.[1]
    if (port !== undefined) return `http://127.0.0.1:${port}`
  }
  throw new Error(`it ended: ${printed}`)
}

async function connect(url: string, token: string): Promise<Socket> {
  const socket = checkedSocket(
    io(`${url}/im`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token, deviceId: `device-of-${token}`, deviceType: 'web', protocol: 1 },
    }),
  )
  sockets.push(socket)
  const refused = once(socket, 'connect_error').then(([error]) => {
    throw error
  })
  await Promise.race([once(socket, 'ready'), refused])
  return socket
}

it('two users chat on a bare HTTP server, handlers apply, and it drains at SIGTERM', async () => {
  const url = await start()
  expect((await fetch(url)).status).toBe(200)
  await expect(connect(url, 'forged')).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
  const [ann, bob] = [await connect(url, 'token-of-ann'), await connect(url, 'token-of-bob')]
  const received = once(bob, 'entries')
  const text = (words: string) => ({ clientMsgId: `m-${words}`, to: 'bob', type: 'text', content: { text: words } })
  expect(await ann.timeout(5000).emitWithAck('c2c', text('hello'))).toMatchObject({ ok: true, data: { seq: 1 } })
  expect((await received)[0]).toMatchObject({ entries: [{ message: { from: 'ann', content: { text: 'hello' } } }] })
  expect(await ann.timeout(5000).emitWithAck('c2c', text('HEY'))).toMatchObject({
    error: { code: 'REJECTED', message: 'no shouting' },
  })
  expect(await ann.timeout(5000).emitWithAck('c2s', { topic: 'echo', payload: [1] })).toEqual({ ok: true, data: [1] })
  const told = once(ann, 'reconnect')
  const ended = once(child!, 'exit')
  child!.kill('SIGTERM')
  await told
  expect((await ended)[0]).toBe(0)
})
