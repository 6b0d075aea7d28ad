// The built app from outside: accounts, health, chat with a plain client, wrong configuration, and the shutdown.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ask,
  connect as connectTo,
  type ConnectedClient,
  post as postTo,
  tokenOf as tokenAt,
} from '../testing/client.js'
import { dataFolder, type RunningApp, runToItsEnd, startApp } from '../testing/running-app.js'

const folder = dataFolder()
let app: RunningApp
const sockets: Socket[] = []

beforeAll(async () => {
  app = await startApp(folder.path, { PUBLIC_URL: 'https://chat.example' })
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  await app?.stop()
  folder.remove()
})

const post = (path: string, body: unknown) => postTo(app.url + path, body)
const tokenOf = (username: string) => tokenAt(app.url, username)

/** Connects, and resolves once the session has begun. */
async function connect(token: string, url = app.url): Promise<ConnectedClient> {
  const client = await connectTo(url, token)
  sockets.push(client.socket)
  return client
}

describe('accounts', () => {
  it.each(['alice', 'bob', 'carol', 'dave'])('the demo user %s logs in', async (username) => {
    const { status, body } = await post('/auth/login', { username, password: 'demo' })
    expect({ status, body }).toEqual({ status: 200, body: { userId: username, token: expect.any(String) } })
  })

  it('a new user registers once, and logs in with the password chosen', async () => {
    const credentials = { username: 'erin', password: 'long enough' }
    expect(await post('/auth/register', credentials)).toMatchObject({ status: 201, body: { userId: 'erin' } })
    expect(await post('/auth/register', credentials)).toMatchObject({ status: 409 })
    expect(await post('/auth/login', credentials)).toMatchObject({ status: 200, body: { userId: 'erin' } })
    expect(await post('/auth/login', { ...credentials, password: 'other' })).toMatchObject({ status: 401 })
  })

  it('of two users who register one name at once, one gets it', async () => {
    const tries = ['password one', 'password two'].map((password) =>
      post('/auth/register', { username: 'race', password }),
    )
    expect(new Set((await Promise.all(tries)).map(({ status }) => status))).toEqual(new Set([201, 409]))
  })

  it.each<[string, unknown]>([
    ['an unknown name', { username: 'nobody', password: 'demo' }],
    ['a wrong password', { username: 'alice', password: 'Demo' }],
  ])('%s is answered 401, in the same words', async (_, credentials) => {
    expect(await post('/auth/login', credentials)).toMatchObject({
      status: 401,
      body: { message: 'name and password do not match' },
    })
  })

  it.each<[string, unknown]>([
    ['no body', undefined],
    ['a name that is no string', { username: { $ne: null }, password: 'long enough' }],
    ['a name with capitals', { username: 'Alice', password: 'long enough' }],
    ['a short password', { username: 'fred', password: 'short' }],
    ['a field that does not exist', { username: 'fred', password: 'long enough', isAdmin: true }],
  ])('registering with %s is answered 400', async (_, credentials) => {
    expect((await post('/auth/register', credentials)).status).toBe(400)
  })
})

describe('chat', () => {
  it('carries a message from one user to another', async () => {
    const alice = await connect(await tokenOf('alice'))
    const bob = await connect(await tokenOf('bob'))
    const request = { clientMsgId: 'app-1', to: 'bob', type: 'text', content: { text: 'hello' } }
    expect(await ask(alice.socket, 'c2c', request)).toMatchObject({ ok: true, data: { duplicate: false } })
    await vi.waitFor(() =>
      expect(bob.events).toContainEqual([
        'entries',
        { entries: [expect.objectContaining({ message: expect.objectContaining({ clientMsgId: 'app-1' }) })] },
      ]),
    )
  })

  it("asks the app's own users whether somebody exists", async () => {
    const { socket } = await connect(await tokenOf('carol'))
    const request = { clientMsgId: 'app-2', to: 'nobody-such', type: 'text', content: { text: 'hello' } }
    expect(await ask(socket, 'c2c', request)).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } })
  })

  it("runs the app's own handlers", async () => {
    const { socket } = await connect(await tokenOf('carol'))
    const refused = { clientMsgId: 'app-3', to: 'bob', type: 'text', content: { text: 'a forbidden-word here' } }
    expect(await ask(socket, 'c2c', refused)).toMatchObject({ ok: false, error: { code: 'REJECTED' } })
    const payload = { x: ['😀', 1] }
    expect(await ask(socket, 'c2s', { topic: 'echo', payload })).toEqual({ ok: true, data: payload })
    expect(await ask(socket, 'c2s', { topic: 'no', payload })).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })

  it.each<[string, (good: string) => string]>([
    ['no token', () => ''],
    ['a token that is none', () => 'nonsense'],
    ['a token whose signature was changed', (good) => good.slice(0, -4) + (good.endsWith('AAAA') ? 'BBBB' : 'AAAA')],
    [
      'a token without a signature',
      (good) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`,
    ],
  ])('refuses a client with %s', async (_, spoil) => {
    const token = spoil(await tokenOf('alice'))
    await expect(connect(token)).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
  })
})

describe('operation', () => {
  it('reports its health, part by part', async () => {
    const response = await fetch(`${app.url}/health`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      status: 'ok',
      details: {
        database: { status: 'up' },
        chat: { status: 'up', parts: { storage: { ok: true }, gate: { ok: true } } },
      },
    })
  })

  it('lists where clients may connect', async () => {
    const nodes = (await (await fetch(`${app.url}/im/endpoints`)).json()) as unknown[]
    expect(nodes).toEqual([{ nodeId: expect.any(String), url: 'https://chat.example' }])
  })

  it('gives its metrics in the format of Prometheus', async () => {
    const response = await fetch(`${app.url}/metrics`)
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect(await response.text()).toMatch(/^# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total \d/m)
  })

  it('serves the page under a policy without inline script', async () => {
    const response = await fetch(app.url)
    const policy = response.headers.get('content-security-policy')
    expect(await response.text()).toMatch(/<html/)
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('unsafe')
  })

  it('keeps its tables in the file that DATABASE_URL names, and those of chat in one beside it', () => {
    expect(existsSync(join(folder.path, 'app.sqlite'))).toBe(true)
    expect(existsSync(join(folder.path, 'app.im.sqlite'))).toBe(true)
  })

  it(
    'on SIGTERM tells clients to reconnect, and exits with 0 within 10 s; users, tokens and messages survive',
    { timeout: 120_000 },
    async () => {
      const { path, remove } = dataFolder()
      try {
        const first = await startApp(path)
        const login = await fetch(`${first.url}/auth/register`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ username: 'gina', password: 'long enough' }),
        })
        const { token } = (await login.json()) as { token: string }
        const { socket, events } = await connect(token, first.url)
        await ask(socket, 'c2c', { clientMsgId: 'kept', to: 'bob', type: 'text', content: { text: 'kept' } })
        const { code, tookMs } = await first.stop()
        expect(code).toBe(0)
        expect(tookMs).toBeLessThan(10_000)
        await vi.waitFor(() => expect(events.at(-1)).toEqual(['reconnect', { afterMs: expect.any(Number) }]))

        const second = await startApp(path)
        const again = await connect(token, second.url)
        expect(await ask(again.socket, 'pull', { since: 0 })).toMatchObject({
          data: { entries: [{ kind: 'message', message: { clientMsgId: 'kept', content: { text: 'kept' } } }] },
        })
        expect((await second.stop()).code).toBe(0)
      } finally {
        remove()
      }
    },
  )

  it('gets the SIGTERM that its npm gets', { timeout: 120_000 }, async () => {
    const { path, remove } = dataFolder()
    try {
      const started = await startApp(path, {}, ['npm', 'start'])
      expect((await started.stop()).code).toBe(0)
      await expect(fetch(started.url)).rejects.toThrow()
    } finally {
      remove()
    }
  })

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a database that is not supported',
      { DATABASE_URL: 'mssql://u:secret@h/d' },
      /DATABASE_URL must be sqlite:PATH, postgres:\/\/… or mysql:\/\/…, not "mssql:"/,
    ],
    ['no admin key in production', { NODE_ENV: 'production' }, /ADMIN_KEY must be set where NODE_ENV is production/],
    ['a port that is none', { PORT: 'http' }, /PORT must be a whole number from 0 to 65535, not "http"/],
  ])('ends at once with %s, and one line says so', async (_, env, line) => {
    const { path, remove } = dataFolder()
    try {
      const { code, output } = await runToItsEnd({ DATABASE_URL: `sqlite:${join(path, 'app.sqlite')}`, ...env })
      expect(code).not.toBe(0)
      expect(output.trim()).toMatch(line)
      expect(output.trim()).not.toContain('\n')
      expect(output).not.toContain('secret')
    } finally {
      remove()
    }
  })
})
