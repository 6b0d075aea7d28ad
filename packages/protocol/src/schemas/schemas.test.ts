import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { answers, events, type Examples, requests } from '../../testing/examples.js'
import type { RequestEvent } from '../requests.js'
import {
  answerFault,
  answerSchemas,
  eventFault,
  eventSchemas,
  handshakeSchema,
  refusalFault,
  requestSchemas,
} from './index.js'

const each = (examples: Record<string, Examples>, kind: keyof Examples): (readonly [string, unknown])[] =>
  Object.entries(examples).flatMap(([name, { [kind]: values }]) => values.map((value) => [name, value] as const))

describe('each request', () => {
  const parsed = (event: string, value: unknown) => requestSchemas[event as RequestEvent].safeParse(value).success
  it('has examples', () => expect(Object.keys(requests).sort()).toEqual(Object.keys(requestSchemas).sort()))
  it.each(each(requests, 'good'))('%s takes %j', (event, value) => expect(parsed(event, value)).toBe(true))
  it.each(each(requests, 'bad'))('%s refuses %j', (event, value) => expect(parsed(event, value)).toBe(false))
})

describe('each answer', () => {
  it('has examples', () => expect(Object.keys(answers).sort()).toEqual(Object.keys(answerSchemas).sort()))
  it.each(each(answers, 'good'))('to %s may be %j', (event, data) =>
    expect(answerFault(event, { ok: true, data })).toBeNull(),
  )
  it.each(each(answers, 'bad'))('to %s is never %j', (event, data) =>
    expect(answerFault(event, { ok: true, data })).toContain(event),
  )
  it('is an error with a known code, or has data', () => {
    const error = { code: 'BAD_REQUEST', message: 'no', details: [1], retryAfterMs: 0 }
    expect(answerFault('no such request', { ok: false, error })).toBeNull()
    for (const bad of [{ ok: false }, { ok: false, error: { ...error, code: 'OTHER' } }, { ok: true }, {}, null, 'ok'])
      expect(answerFault('pull', bad)).toContain('pull')
    expect(answerFault('no such request', { ok: true, data: {} })).toContain('is no request')
    expect(refusalFault(error)).toBeNull()
    expect(refusalFault({ ...error, stack: 'at …' })).toContain('stack')
  })
})

describe('each event', () => {
  it('has examples', () => expect(Object.keys(events).sort()).toEqual(Object.keys(eventSchemas).sort()))
  it.each(each(events, 'good'))('%s may be %j', (event, payload) => expect(eventFault(event, payload)).toBeNull())
  it.each(each(events, 'bad'))('%s is never %j', (event, payload) =>
    expect(eventFault(event, payload)).toContain(event),
  )
  it('is one that the protocol has', () =>
    expect(eventFault('toString', {})).toBe('toString is no event of the server'))
})

describe('the handshake', () => {
  const auth = { token: 't', deviceId: 'd', deviceType: 'phone' }
  const full = { ...auth, instance: 'i', since: 0, sinceAt: 5, epoch: 'e', timelines: { c: 0 }, protocol: 1 }
  it.each([auth, full])('takes %j', (value) => expect(handshakeSchema.safeParse(value).success).toBe(true))
  it.each([{}, { ...auth, since: -1 }, { ...auth, deviceId: '' }, { ...auth, timelines: [] }, { ...auth, more: 1 }])(
    'refuses %j',
    (value) => expect(handshakeSchema.safeParse(value).success).toBe(false),
  )
})

it('types and schemas agree both ways', async () => {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const project = fileURLToPath(new URL('../../type-tests', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', project]).catch(
    (failed: { stdout: string }) => failed,
  )
  expect(stdout).toBe('')
})
