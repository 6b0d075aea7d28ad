// What the host's `authenticate` may answer, what every other answer means, and what the log says about it.
import { describe, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import type { Authenticate } from '../../ports/host.js'
import type { LogFacts } from '../../ports/logger.js'
import { FakeDevice, TestNode, VirtualClock } from '@rookery/testing'

const token = 'a-secret-token'
const nowMs = 1_750_000_000_000

/** Connects to a host with this `authenticate`. All log lines are joined to one text. */
async function connect(authenticate: unknown, headers: Record<string, string> = {}) {
  const logged: string[] = []
  const again: unknown[] = []
  const logger = {
    info: () => {},
    warn: () => {},
    error: (message: string, error: unknown, facts?: LogFacts) => {
      again.push(facts?.again)
      logged.push(`${message}: ${error instanceof Error ? `${error.message}\n${error.stack}` : String(error)}`)
    },
  }
  const clock = new VirtualClock(nowMs)
  const node = await TestNode.start({ clock, logger, authenticate: authenticate as Authenticate })
  const connecting = FakeDevice.connect(
    node.rookery.gate,
    { token, deviceId: 'd', deviceType: 'pc' },
    { headers },
  ).then(
    (device) => ({ device, code: null, error: null }),
    (error: RookeryError) => ({ device: null, code: error.code, error }),
  )
  await clock.advance(5000)
  return { ...(await connecting), logged, again, clock, node }
}

it('a token is neither good nor bad where authenticate was asked too often', async () => {
  const { error, logged } = await connect(() => Promise.reject({ status: 429 }))
  expect(error?.toWire()).toEqual({ code: 'RATE_LIMITED', message: 'too many logins', retryAfterMs: 1000 })
  expect(logged).toEqual([])
})

const throws = (thrown: unknown) => () => Promise.reject(thrown)

describe('a token is not valid, which nobody logs, where authenticate', () => {
  it.each<[string, unknown]>([
    ['returns null', () => null],
    ['throws something with a status of 4xx', throws(Object.assign(new Error('no'), { status: 401 }))],
    ['throws what answers a 4xx', throws({ getStatus: () => 400 })],
    ['throws UNAUTHENTICATED', throws(new RookeryError('UNAUTHENTICATED', 'no'))],
    ['gives a time that is over', () => ({ userId: 'ann', expiresAt: nowMs })],
  ])('%s', async (_, authenticate) => {
    const { code, logged } = await connect(authenticate)
    expect(code).toBe('UNAUTHENTICATED')
    expect(logged).toEqual([])
  })
})

describe('a client should try again, and the log says what was wrong, where authenticate', () => {
  const gives = (identity: unknown) => () => identity
  it.each<[string, unknown, RegExp]>([
    ['throws an error', throws(new Error('no connection')), /authenticate failed: no connection/],
    ['throws at once', () => JSON.parse('{'), /authenticate failed: /],
    ['throws a string', throws('no connection'), /it threw no connection/],
    ['throws nothing', throws(undefined), /it threw a value of type undefined/],
    ['throws a 503', throws(Object.assign(new Error('away'), { status: 503 })), /authenticate failed: away/],
    ['throws UNAVAILABLE', throws(new RookeryError('UNAVAILABLE', 'away')), /authenticate failed: away/],
    ['throws what cannot be asked', throws({ getStatus: () => JSON.parse('{') }), /a value of type object/],
    ['does not answer', () => new Promise(() => {}), /authenticate did not answer in time/],
    ['returns nothing', () => undefined, /it returned undefined: return \{ userId \}, or null/],
    ['returns false', gives(false), /it returned a boolean/],
    ['returns the id', gives('ann'), /it returned a string: return \{ userId \}/],
    ['gives no id', gives({ id: 'ann' }), /userId is undefined/],
    ['gives a number as id', gives({ userId: 7 }), /userId is a number: ids are strings, give String\(user.id\)/],
    ['gives a bigint as id', gives({ userId: 7n }), /userId is a bigint/],
    ['gives an object as id', gives({ userId: { id: 7 } }), /userId is an object/],
    ['gives null as id', gives({ userId: null }), /userId is null/],
    ['gives an id with a space', gives({ userId: 'two words' }), /a string of 9 characters that cannot be an id/],
    ['gives an empty id', gives({ userId: '' }), /a string of 0 characters/],
    ['gives a long id', gives({ userId: 'x'.repeat(129) }), /a string of 129 characters/],
    ['gives a time that is NaN', gives({ userId: 'ann', expiresAt: NaN }), /expiresAt is NaN, no whole number/],
    ['gives an endless time', gives({ userId: 'ann', expiresAt: Infinity }), /expiresAt is Infinity/],
    ['gives half a time', gives({ userId: 'ann', expiresAt: nowMs + 0.5 }), /no whole number/],
    ['gives seconds', gives({ userId: 'ann', expiresAt: nowMs / 1000 + 60 }), /looks like seconds: give exp \* 1000/],
    ['gives microseconds', gives({ userId: 'ann', expiresAt: nowMs * 1000 }), /more than milliseconds/],
    ['gives a Date', gives({ userId: 'ann', expiresAt: new Date(nowMs) }), /is a Date: give date.getTime\(\)/],
    ['gives a text', gives({ userId: 'ann', expiresAt: '2030-01-01' }), /expiresAt is a string/],
  ])('%s', async (_, authenticate, line) => {
    const { code, error, logged } = await connect(authenticate)
    expect(code).toBe('UNAVAILABLE')
    expect(error?.toWire()).toEqual({
      code: 'UNAVAILABLE',
      message: 'authentication is not available',
      retryAfterMs: 1000,
    })
    expect(logged).toHaveLength(1)
    expect(logged[0]).toMatch(line)
    expect(logged[0]).not.toContain(token)
  })
})

it('the log tells no token, whatever was thrown', async () => {
  const authorization = `Bearer another-${token}`
  const thrown = Object.assign(new Error(`${token} and ${encodeURIComponent(token)}: ${authorization}`), {
    config: { headers: { authorization } },
    cause: new Error(token),
  })
  const { logged } = await connect(throws(thrown), { authorization, cookie: 'sid=the-session-secret' })
  expect(logged.join()).not.toMatch(/secret-token|another/)
  expect(logged.join()).toContain('[secret] and [secret]')
  const other = await connect(throws(new Error('no session the-session-secret')), { cookie: 'sid=the-session-secret' })
  expect(other.logged.join()).toContain('no session [secret]')
})

it.each([null, undefined])('a token does not expire where expiresAt is %s', async (expiresAt) => {
  const { device, clock } = await connect(() => ({ userId: 'ann', expiresAt }))
  expect(device?.ready.expiresAt).toBeUndefined()
  await clock.advance(60_000)
  expect(device?.isClosed).toBe(false)
})

it('a token may expire in a hundred years, and costs a look a second', async () => {
  const { device, clock } = await connect(() => ({ userId: 'ann', expiresAt: nowMs + 100 * 365 * 86_400_000 }))
  await clock.advance(60_000)
  expect(device?.isClosed).toBe(false)
})

it('an outage is logged once in ten seconds, and counted', async () => {
  const { logged, again, clock, node } = await connect(throws(new Error('no connection')))
  for (let i = 0; i < 20; i++) await node.connect('ann').catch(() => {})
  expect(logged).toHaveLength(1)
  await clock.advance(10_000)
  await node.connect('ann').catch(() => {})
  expect(logged).toHaveLength(2)
  expect(again).toEqual([undefined, 20])
})
