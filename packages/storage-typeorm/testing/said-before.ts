// A database in which a node of an earlier version spoke: what that stored under keys is known to a node of this one.
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import { createRookery, RookeryError, type Storage } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { expect } from 'vitest'
import type { FixtureTalk } from './fixtures/talk.mjs'

export interface SaidBefore {
  /** The database as SQL text. */
  readonly sql: string
  readonly talk: FixtureTalk
}

/** The fixture of one dialect. */
export function saidBefore(dialect: 'sqlite' | 'postgres' | 'mysql'): SaidBefore {
  const read = (ending: string): string =>
    brotliDecompressSync(readFileSync(new URL(`fixtures/${dialect}-keys.${ending}.br`, import.meta.url))).toString()
  return { sql: read('sql'), talk: JSON.parse(read('json')) as FixtureTalk }
}

type Call = (given: Record<string, unknown>) => Promise<unknown>
const code = (error: unknown): unknown => (error instanceof RookeryError ? error.code : error)

/** Says all of it again, by its users and by their host. */
export async function sayAgain(storage: Storage, { asked, called }: FixtureTalk): Promise<void> {
  const rookery = createRookery({ storage, authenticate: ({ token }) => ({ userId: token }), rate: 'off' })
  await rookery.start()
  try {
    const call = (name: string, given: Record<string, unknown>): Promise<unknown> =>
      (Reflect.get(rookery.im, name) as Call).call(rookery.im, given)
    const ann = await FakeDevice.connect(rookery.gate, { token: 'ann', deviceId: 'd', deviceType: 'phone' })
    const heads = async () => [
      await storage.heads.users(['ann', 'bob', 'carol', 'dave']),
      await storage.conversations.list('ann', null, 10),
    ]
    const before = await heads()
    for (const { event, request, answer } of asked) {
      const again = await ann.ask(event, request)
      if (event === 'c2c' || event === 'c2g') expect(again).toEqual({ ...(answer as object), duplicate: true })
      else if (event === 'react' || event === 'edit') expect(again).toEqual(answer)
    }
    for (const { call: name, given, answer } of called) {
      const again = await call(name, given)
      expect(again).toEqual(name === 'recall' ? answer : { ...(answer as object), duplicate: true })
      if (name === 'recall') continue
      expect(code(await call(name, { ...given, content: { other: 1 } }).catch((error: unknown) => error))).toBe(
        'CONFLICT',
      )
    }
    expect(await heads()).toEqual(before)

    for (const { call: name, given } of called) {
      if (name !== 'sendC2C' && name !== 'sendC2G') continue
      // The host's messages are not a client's, though their keys are among those of the user.
      const { from: _, ...request } = given
      expect(await ann.code(name === 'sendC2C' ? 'c2c' : 'c2g', request)).toBe('CONFLICT')
    }
    const [first] = asked
    const turned = Object.fromEntries(Object.entries(first!.request['content'] as object).toReversed())
    expect(await ann.code('c2c', { ...first!.request, content: turned })).toBe('CONFLICT')
    expect(await heads()).toEqual(before)
    // And what a client sent is not the host's.
    const host = { from: 'ann', ...first!.request }
    expect(await call('sendC2C', host)).toMatchObject({ duplicate: false })
    expect(await call('sendC2C', host)).toMatchObject({ duplicate: true })
    const own = { ...first!.request, clientMsgId: 'new' }
    const sent = await ann.ask('c2c', own)
    expect(await ann.ask('c2c', { ...own, content: turned })).toEqual({ ...sent, duplicate: true })
  } finally {
    await rookery.stop()
  }
}
