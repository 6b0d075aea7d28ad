// Rookery in apps as real teams have them: Nest 12 and 11, ESM and CommonJS, Express and Fastify, each with its own
// database, login and gateway, installed from tarballs outside this repository.
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Host, packAll, remove, run, say } from './host.js'
import { askPrice, bearer, enter, logIn, post } from './visitor.js'

const kinds = ['nest12-express', 'nest12-fastify', 'nest11-commonjs'] as const
const commonJs = 'nest11-commonjs'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
}

let folder: string
const installing = new Map<string, Promise<Host>>()
beforeAll(async () => {
  say('packing every package')
  folder = await packAll()
  say(`installing and building ${kinds.join(', ')}, all at once`)
  for (const kind of kinds) {
    const host = Host.install(folder, kind)
    // The test that awaits it reports the failure.
    host.catch(() => {})
    installing.set(kind, host)
  }
})
// Thousands of files.
afterAll(() => remove(folder), 240_000)

const text = (to: string, words: string) => ({
  clientMsgId: randomUUID(),
  to,
  type: 'text',
  content: { text: words },
})

describe('what npm would publish', () => {
  it('is what is built, without tests', () => {
    for (const file of readdirSync(join(folder, 'packages'))) {
      const listed = execFileSync('tar', ['-tzf', join(folder, 'packages', file)], { encoding: 'utf8' }).split('\n')
      expect(listed, file).toContain('package/dist/index.js')
      expect(listed, file).toContain('package/dist/index.d.ts')
      expect(
        listed.filter((name) => /\.test\.|tsbuildinfo|\/bench\/|\/src\//.test(name)),
        file,
      ).toEqual([])
    }
  })
})

describe.each(kinds)('a host of the kind %s', (kind) => {
  let host: Host
  let here: string
  let there: string
  beforeAll(async () => {
    host = await installing.get(kind)!
    say(`${kind}: starting two apps in one process`)
    ;[here, there] = (await host.start('here.sqlite', 'there.sqlite')) as [string, string]
  }, 480_000)
  afterAll(() => host?.kill())

  it('was locked before chat came, and chat uses the socket.io and the rxjs that it has', () => {
    const { packages } = JSON.parse(readFileSync(join(host.folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>
    }
    const asked = (JSON.parse(readFileSync(join(host.folder, 'package.json'), 'utf8')) as Manifest).dependencies
    for (const name of ['socket.io', 'rxjs', 'typeorm', '@nestjs/core']) {
      expect(packages[`node_modules/${name}`]?.version, name).toBe(asked[name])
      expect(Object.keys(packages).filter((path) => /@rookery\//.test(path) && path.endsWith(`/${name}`))).toEqual([])
    }
  })

  it('goes on answering HTTP below its prefix, with the headers of helmet, and its own gateway', async () => {
    expect((await fetch(`${here}/orders`)).status).toBe(404)
    const answer = await fetch(`${here}/api/orders`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src/)
    expect(await askPrice(here, 'audi')).toEqual({ car: 'audi', price: 4000 })
  })

  it('lists its nodes below its prefix, and to everybody', async () => {
    expect((await fetch(`${here}/im/endpoints`)).status).toBe(404)
    const ann = await enter(here, 'ann')
    const nodes = await (await fetch(`${here}/api/im/endpoints`)).json()
    expect(nodes).toEqual([{ nodeId: ann.ready.nodeId, url: 'https://shop.example' }])
    ann.socket.close()
  })

  it('has guards of the whole app, which guard its controllers and its chat handlers alike', async () => {
    const status = async (token?: string) => (await fetch(`${here}/api/orders`, { headers: bearer(token) })).status
    const [ann, dee] = [await enter(here, 'ann'), await enter(here, 'dee', { roles: ['dealer'] })]
    const tokens = await Promise.all(['ann', 'dee'].map(async (name) => (await logIn(here, name)).token))
    expect(await Promise.all([undefined, ...tokens].map(status))).toEqual([401, 403, 200])
    const sales = { topic: 'sales', payload: null }
    expect(await ann.ask('c2s', sales)).toMatchObject({ error: { code: 'FORBIDDEN' } })
    expect(await dee.ask('c2s', sales)).toEqual({ ok: true, data: 'for dealers alone' })
    for (const { socket } of [ann, dee]) socket.close()
  })

  it('has numbers as ids, and one user for each', async () => {
    const ann = await enter(here, 'ann')
    expect(ann.id).toMatch(/^[1-9]\d*$/)
    for (const nobody of [`0${ann.id}`, `${ann.id}.0`, '999999999', '99999999999', 'ann', 'NaN'])
      expect(await ann.ask('c2c', text(nobody, 'hello')), nobody).toMatchObject({ error: { code: 'NOT_FOUND' } })
    ann.socket.close()
  })

  it('has an AuthService that authenticates for chat, and asks chat to close the sessions of a user who logs out', async () => {
    const { token } = await logIn(here, 'ann')
    const ann = await enter(here, 'ann', { token })
    const kicked = new Promise((resolve) => ann.socket.once('kick', resolve))
    await post(`${here}/api/auth/logout`, { token })
    expect(await kicked).toMatchObject({ reason: 'token-revoked' })
    for (const refused of [token, 'forged'])
      await expect(enter(here, 'ann', { token: refused })).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } })
  })

  it('has handlers of its own on the path, under its guards', async () => {
    const ann = await enter(here, 'ann')
    expect(await ann.ask('c2c', text(ann.id, 'free money'))).toMatchObject({ error: { code: 'REJECTED' } })
    expect(await ann.ask('c2s', { topic: 'whoami', payload: null })).toEqual({ ok: true, data: { name: 'ann' } })
    ann.socket.close()
  })

  it('lets two of its users chat live', async () => {
    const [ann, ben] = await Promise.all([enter(here, 'ann'), enter(here, 'ben')])
    const sent = await ann.ask('c2c', text(ben.id, 'hello'))
    expect(sent).toMatchObject({ ok: true, data: { duplicate: false } })
    expect(await ben.received(1)).toMatchObject([{ kind: 'message', message: { from: ann.id, seq: sent.data.seq } }])
    for (const { socket } of [ann, ben]) socket.close()
  })

  it('keeps the messages for a user who is away', async () => {
    const { id } = await logIn(here, 'cat')
    const ann = await enter(here, 'ann')
    for (const words of ['one', 'two', 'three'])
      expect(await ann.ask('c2c', text(id, words))).toMatchObject({ ok: true })
    const cat = await enter(here, 'cat', { since: 0 })
    const { data } = await cat.ask('pull', { since: 0 })
    expect(data.entries.map((entry: any) => entry.message.content.text)).toEqual(['one', 'two', 'three'])
    for (const { socket } of [ann, cat]) socket.close()
  })

  it('writes an order and its message in one transaction, or neither', async () => {
    const sue = await enter(here, 'sue')
    const [ann, dee] = [await logIn(here, 'ann'), await logIn(here, 'dee', ['dealer'])]
    const place = (order: object) => post(`${here}/api/orders`, { seller: Number(sue.id), ...order }, ann.token)
    expect((await place({ isSoldOut: true })).status).toBe(400)
    const order = (await (await place({})).json()) as { id: number }
    expect(await sue.received(1)).toMatchObject([
      { message: { type: 'order', from: ann.id, content: { id: order.id } } },
    ])
    const listed = await fetch(`${here}/api/orders`, { headers: bearer(dee.token) })
    expect(await listed.json()).toEqual([{ id: order.id, buyer: Number(ann.id) }])
    const { data } = await sue.ask('pull', { since: 0 })
    expect(data.entries).toHaveLength(1)
    sue.socket.close()
  })

  it('has two apps in one process that do not see each other', async () => {
    const names = ['dan', 'eve'] as const
    const [danHere, eveHere] = await Promise.all(names.map((user) => enter(here, user)))
    const [danThere, eveThere] = await Promise.all(names.map((user) => enter(there, user)))
    expect(danHere?.ready.nodeId).not.toBe(danThere?.ready.nodeId)
    await danHere?.ask('c2c', text(eveHere!.id, 'said here'))
    await danThere?.ask('c2c', text(eveThere!.id, 'said there'))
    expect((await eveHere?.received(1))?.map((entry) => entry.message.content.text)).toEqual(['said here'])
    expect((await eveThere?.received(1))?.map((entry) => entry.message.content.text)).toEqual(['said there'])
    const { data } = await eveThere!.ask('pull', { since: 0 })
    expect(data.entries.map((entry: any) => entry.message.content.text)).toEqual(['said there'])
    for (const visitor of [danHere, eveHere, danThere, eveThere]) visitor?.socket.close()
  })

  it('stops when its apps are closed, and has everything when it starts again', async () => {
    const ann = await enter(here, 'ann')
    const sent = await ann.ask('c2c', text((await logIn(here, 'ben')).id, 'good night'))
    expect(await host.stop()).toBe(0)
    ;[here] = (await host.start('here.sqlite')) as [string]
    const ben = await enter(here, 'ben')
    const { conversationId, seq } = sent.data
    const page = await ben.ask('history', { conversationId, after: seq - 1 })
    expect(page.data.messages).toMatchObject([{ content: { text: 'good night' } }])
    ann.socket.close()
    ben.socket.close()
    expect(host.printed, 'one app has nothing to warn of').toBe('')
    expect(await host.stop()).toBe(0)
  })

  if (kind !== 'nest12-fastify')
    it('passes its own Jest suite, which imports its AppModule', async () => {
      expect(await run(host.folder, 'npm', ['test'])).toMatch(/Tests: +\d+ passed, \d+ total/)
    })

  if (kind !== commonJs) return

  it('needs no line about Rookery for Jest', () => {
    expect(readFileSync(join(host.folder, 'jest.config.cjs'), 'utf8')).not.toMatch(/rookery|transformIgnorePatterns/)
  })

  it('that loads every entry by require and by import has one copy of each', async () => {
    expect(JSON.parse(await run(host.folder, 'node', ['both-ways.cjs']))).toEqual([])
  })

  it.each([['nodenext'], ['bundler']])('compiles under module resolution %s, too', async (resolution) => {
    await run(host.folder, 'npx', ['tsc', '-p', `tsconfig.${resolution}.json`])
  })
})
