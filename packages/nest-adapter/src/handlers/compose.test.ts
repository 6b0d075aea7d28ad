import type { Draft, Handlers, ImSession, Logger } from '@rookery/core'
import { expect, it } from 'vitest'
import type { CallArguments } from './call.js'
import { composeHandlers } from './compose.js'
import type { Declaration } from './declarations.js'
import type { Handler } from './explorer.js'

const logger: Logger = { info: () => {}, warn: () => {}, error: () => {} }
const session = { userId: 'ann', headers: {} } as ImSession
const draft: Draft = { clientMsgId: 'm', from: 'ann', to: 'g', subject: '', type: 'text', content: { n: 0 } }

const calls: string[] = []
const handler = (name: string, declaration: Declaration): Handler => ({
  name,
  declaration,
  run: async ([, content, , pattern]: CallArguments) => {
    calls.push(`${name} ${pattern} ${JSON.stringify(content)}`)
    return { n: (content as { n: number }).n + 1 }
  },
})

it('handlers for groups and for c2c are separate, and a type without one finds none', async () => {
  const handlers = composeHandlers(
    [
      handler('every', { on: 'before', kind: 'c2g', type: null }),
      handler('text', { on: 'before', kind: 'c2g', type: 'text' }),
      handler('after', { on: 'after', kind: 'c2g', type: 'text' }),
      handler('other', { on: 'before', kind: 'c2c', type: 'offer' }),
    ],
    undefined,
    logger,
  )!
  expect(await handlers.before('c2g', 'text')!(session, draft)).toEqual({ n: 2 })
  expect(await handlers.before('c2g', 'image')!(session, { ...draft, type: 'image' })).toEqual({ n: 1 })
  expect(calls).toEqual(['every text {"n":0}', 'text text {"n":1}', 'every image {"n":0}'])
  expect(handlers.before('c2c', 'text')).toBeUndefined()
  expect(handlers.after('c2c', 'text')).toBeUndefined()
  expect(handlers.after('c2g', 'offer')).toBeUndefined()
  expect(handlers.topic('text')).toBeUndefined()
  expect(handlers.connect).toBeUndefined()
  // The same function for each message: a lookup makes nothing.
  expect(handlers.before('c2g', 'text')).toBe(handlers.before('c2g', 'text'))
})

it('without decorated handlers core gets what the option gave, or nothing', () => {
  const given: Handlers = { before: () => undefined, after: () => undefined, topic: () => undefined }
  expect(composeHandlers([], given, logger)).toBe(given)
  expect(composeHandlers([], undefined, logger)).toBeUndefined()
})
