// sample-app/deploy/nginx.conf in a real nginx, in front of the app and of two nodes that are down.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { root } from '../docs/root.js'
import { freePort } from '../support/free-port.js'
import { SampleApp } from '../support/sample-app.js'

const isMissing = !['/usr/sbin/nginx', '/usr/bin/nginx'].some(existsSync) && process.env.CI === undefined

/** Logs in through nginx; what the user receives is in `received`. */
async function connect(url: string, username: string): Promise<{ socket: Socket; received: unknown[] }> {
  const login = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password: 'demo' }),
  })
  const { token } = (await login.json()) as { token: string }
  const auth = { token, deviceId: username, deviceType: 'phone', protocol: 1 }
  const socket = checkedSocket(
    io(`${url}/im`, { transports: ['websocket'], forceNew: true, reconnection: false, auth }),
  )
  const received: unknown[] = []
  socket.onAny((_event, payload: unknown) => received.push(payload))
  await new Promise<void>((resolve, reject) => {
    socket.once('ready', () => resolve())
    socket.once('connect_error', reject)
  })
  return { socket, received }
}

describe.skipIf(isMissing)('nginx in front of the nodes (needs nginx)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'))
  const sockets: Socket[] = []
  let app: SampleApp
  let nginx: ChildProcess | undefined
  let url: string

  beforeAll(async () => {
    app = await SampleApp.start({ TRUSTED_PROXY_HOPS: '1' })
    const [port, ...down] = [await freePort(), await freePort(), await freePort()]
    const nodes = [down[0], app.port, down[1]]
    const conf = readFileSync(join(root, 'sample-app/deploy/nginx.conf'), 'utf8')
      .replaceAll(/node-(\d):3000/g, (_, number: string) => `127.0.0.1:${nodes[Number(number) - 1]}`)
      .replace('listen 3000', `listen 127.0.0.1:${port}`)
      .replace('http {', `error_log stderr;\npid ${folder}/pid;\nhttp {\naccess_log off;`)
    writeFileSync(join(folder, 'nginx.conf'), conf)
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' })
    url = `http://127.0.0.1:${port}`
    await vi.waitFor(async () => expect((await fetch(`${url}/health`)).status).toBe(200), 10_000)
  })
  afterAll(async () => {
    for (const socket of sockets) socket.close()
    nginx?.kill()
    await app?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it('carries HTTP and websockets to the node that is up, and nobody notices those that are down', async () => {
    for (let i = 0; i < 20; i++) expect((await fetch(`${url}/health`)).status).toBe(200)
    const [alice, bob] = [await connect(url, 'alice'), await connect(url, 'bob')]
    sockets.push(alice.socket, bob.socket)
    const request = { clientMsgId: 'through-nginx', to: 'bob', type: 'text', content: { text: 'hello' } }
    expect(await alice.socket.timeout(5000).emitWithAck('c2c', request)).toMatchObject({ ok: true })
    await vi.waitFor(() => expect(JSON.stringify(bob.received)).toContain('through-nginx'))
  })
})
