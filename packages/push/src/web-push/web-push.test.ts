// Against a push service of our own, which verifies VAPID and decrypts.
import { execFileSync } from 'node:child_process'
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PushRequest } from '@rookery/core'
import ece from 'http_ece'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { isInside, outsideOnly } from './hosts.js'
import { payloadOf } from './payload.js'
import { webPush } from './web-push.js'

const vapid = createECDH('prime256v1')
vapid.generateKeys()
const keys = {
  publicKey: vapid.getPublicKey('base64url'),
  privateKey: vapid.getPrivateKey().toString('hex').padStart(64, '0'),
}
keys.privateKey = Buffer.from(keys.privateKey, 'hex').toString('base64url')
const browser = createECDH('prime256v1')
browser.generateKeys()
const auth = randomBytes(16)
const subscriptionKeys = { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') }

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
let server: Server
let ca = ''
let host = ''
let received: Received[] = []
let answer: (response: ServerResponse) => void = (response) => response.writeHead(201).end()

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-push-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...names], { stdio: 'ignore' })
  ca = readFileSync(cert, 'utf8')
  server = createServer({ key: readFileSync(key), cert: ca }, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ url: request.url!, headers: request.headers, body: Buffer.concat(chunks) })
      answer(response)
    })
  })
  rmSync(folder, { recursive: true })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  host = `localhost:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  received = []
  answer = (response) => response.writeHead(201).end()
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const provider = (deadlineMs = 5000) =>
  webPush({ ...keys, subject: 'mailto:ops@example.com', hosts: [host], ca, deadlineMs })
const target = (endpoint: string, given: object = subscriptionKeys) => ({
  userId: 'ann',
  deviceId: 'phone',
  app: '',
  token: JSON.stringify({ endpoint, keys: given }),
  lang: null,
  createdAt: 0,
})
const request = (endpoint = `https://${host}/one`, body = 'hello'): PushRequest =>
  ({
    registration: target(endpoint),
    id: 'a'.repeat(32),
    collapse: 'c'.repeat(32),
    notification: { kind: 'message', title: 'T', body, badge: 3, silent: false, data: { conversationId: 'x', seq: 7 } },
    expiresAt: Date.now() + 60_000,
  }) as unknown as PushRequest

const decrypted = (body: Buffer): Record<string, unknown> =>
  JSON.parse(
    ece.decrypt(body, { version: 'aes128gcm', privateKey: browser, authSecret: auth.toString('base64url') }).toString(),
  )

it('is signed for the origin, encrypted for the browser, and replaces what waits', async () => {
  const one = provider()
  expect(await one.send([request()])).toEqual([{ status: 'sent' }])
  const [{ headers, body }] = received as [Received]
  const [, token, key] = /^vapid t=(\S+), ?k=(\S+)$/.exec(headers.authorization!)!
  expect(key).toBe(keys.publicKey)
  const [head, claims, signature] = token!.split('.') as [string, string, string]
  const point = Buffer.from(keys.publicKey, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' })
  const signed = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  expect(verify('sha256', Buffer.from(`${head}.${claims}`), signed, Buffer.from(signature, 'base64url'))).toBe(true)
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  expect({ aud, sub }).toEqual({ aud: `https://${host}`, sub: 'mailto:ops@example.com' })
  expect(exp * 1000).toBeGreaterThan(Date.now())
  expect(exp * 1000).toBeLessThanOrEqual(Date.now() + 86_400_000)
  expect(headers).toMatchObject({ topic: 'c'.repeat(32), urgency: 'high', 'content-encoding': 'aes128gcm' })
  expect(Number(headers.ttl)).toBeGreaterThan(0)
  expect(Number(headers.ttl)).toBeLessThanOrEqual(60)
  expect(decrypted(body)).toMatchObject({ title: 'T', body: 'hello', badge: 3, data: { seq: 7 } })
  await one.stop!()
})

it('loses the end of long text, and stays JSON', async () => {
  const one = provider()
  await one.send([request(undefined, '😀"'.repeat(3000))])
  expect(received[0]!.body.length).toBeLessThanOrEqual(4096)
  expect(decrypted(received[0]!.body).body).toMatch(/^(?:😀"?)+…$/u)
  expect(Buffer.byteLength(payloadOf(request(undefined, 'é'.repeat(5000)))!)).toBeGreaterThan(3980)
  await one.stop!()
})

it.each([
  [404, {}, { status: 'dead' }],
  [410, {}, { status: 'dead' }],
  [429, { 'retry-after': '7' }, { status: 'retry', reason: 'http-429', afterMs: 7000 }],
  [503, {}, { status: 'retry', reason: 'http-503' }],
  [403, {}, { status: 'rejected', reason: 'http-403' }],
  [307, { location: '/two' }, { status: 'rejected', reason: 'http-307' }],
])('an answer %i %o is %o', async (status, headers, outcome) => {
  const one = provider()
  answer = (response) => response.writeHead(status, headers).end()
  expect(await one.send([request()])).toEqual([outcome])
  expect(received).toHaveLength(1)
  await one.stop!()
})

it('a service that hangs, or drips, holds nobody longer than the deadline', async () => {
  const one = provider(300)
  answer = () => {}
  expect(await one.send([request()])).toEqual([{ status: 'retry', reason: 'timeout' }])
  let drips: NodeJS.Timeout | undefined
  answer = (response) => {
    response.writeHead(201)
    drips = setInterval(() => response.write('.'), 50)
  }
  expect(await one.send([request()])).toEqual([{ status: 'sent' }])
  clearInterval(drips)
  await one.stop!()
})

it('refuses endpoints that are foreign, inside or not encrypted, when they register and when it sends', async () => {
  const one = provider()
  const bad = ['https://example.com/a', 'https://127.0.0.1/a', 'https://localhost/a', `http://${host}/a`]
  bad.push('https://fcm.googleapis.com:8443/a', 'https://u:p@fcm.googleapis.com/a', 'https://evilpush.apple.com/a', 'x')
  for (const endpoint of bad) {
    expect(() => one.check!(target(endpoint) as never), endpoint).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
    expect(await one.send([request(endpoint)])).toEqual([{ status: 'rejected', reason: 'host' }])
  }
  expect(() => one.check!(target('https://fcm.googleapis.com/a') as never)).not.toThrow()
  expect(() => one.check!(target('https://fcm.googleapis.com/a', { p256dh: 'AAAA', auth: 'AAAA' }) as never)).toThrow()
  await one.stop!()
})

it('a name that leads inside is not connected to', async () => {
  const error = await new Promise((resolve) => outsideOnly('localhost', { all: true }, resolve))
  expect(error).toMatchObject({ code: 'EINSIDE' })
  for (const [address, family] of [
    ['10.1.2.3', 4],
    ['169.254.169.254', 4],
    ['::1', 6],
    ['fe80::1', 6],
    ['::ffff:127.0.0.1', 6],
  ] as const)
    expect(isInside(address, family), address).toBe(true)
  expect([isInside('8.8.8.8', 4), isInside('2606:4700::1111', 6)]).toEqual([false, false])
})

it('keys of two pairs keep the app from starting', () => {
  const other = createECDH('prime256v1')
  other.generateKeys()
  const options = { ...keys, publicKey: other.getPublicKey('base64url'), subject: 'mailto:a@b.c' }
  expect(() => webPush(options)).toThrow('does not belong to privateKey')
})

it('a subscription that was stored unchecked is rejected, and the others of its batch are sent', async () => {
  const broken = [request(), request(), request(), request()]
  const tokens = [
    'no json',
    '{}',
    JSON.stringify({ endpoint: `https://${host}/one`, keys: { p256dh: 'x', auth: 'y' } }),
  ]
  const batch = broken.map((one, at) =>
    at === 3 ? one : { ...one, registration: { ...one.registration, token: tokens[at]! } },
  )
  const outcomes = await provider().send(batch)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'sent'])
  expect(received).toHaveLength(1)
})
