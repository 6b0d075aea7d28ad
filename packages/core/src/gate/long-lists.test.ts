// A frame has room for tens of thousands of ids. The server checked each of them before it counted them, and everybody
// had to wait.
import { describe, expect, it } from 'vitest'
import { requestSchemas } from '@rookery/protocol/schemas'
import { FakeDevice, TestNode } from '@rookery/testing'

const many = 24_000
const ids = Array.from({ length: many }, (_, i) => `user${i}`)
const positions = Object.fromEntries(ids.map((id) => [id, 1]))

/** A value that counts how often something in it is read; its length does not count. */
function watched<Value extends object>(value: Value): { readonly value: Value; looks(): number } {
  let looks = 0
  const get = (of: Value, key: string | symbol): unknown => {
    if (key !== 'length') looks++
    return Reflect.get(of, key)
  }
  return { value: new Proxy(value, { get }), looks: () => looks }
}

const message = { clientMsgId: 'm', to: 'g', type: 'text', content: {} }
const cases: readonly [string, object, string, object][] = [
  ['pull', { since: 0 }, 'timelines', positions],
  ['ack', { seq: 0 }, 'timelines', positions],
  ['presence', {}, 'userIds', ids],
  ['c2g', message, 'mentions', ids],
  ['group.create', { name: 'g' }, 'members', ids],
  ['group.add', { groupId: 'g' }, 'userIds', ids],
  ['group.remove', { groupId: 'g' }, 'userIds', ids],
]

describe('a list that is too long', () => {
  it.each(cases)('is refused in %s before an item of it is looked at', async (event, rest, field, list) => {
    const node = await TestNode.start()
    const ann = await node.connect('ann')
    const { value, looks } = watched(list)
    let answer: string | undefined
    await new Promise<void>((resolve) => {
      ann.callAsIs(event, [{ ...rest, [field]: value }], (json) => {
        answer = json
        resolve()
      })
    })
    expect(JSON.parse(answer!)).toMatchObject({ ok: false, error: { code: 'TOO_LARGE' } })
    expect(looks()).toBe(0)
  })

  it('is refused in a handshake before an item of it is looked at', async () => {
    const node = await TestNode.start()
    const { value, looks } = watched(positions)
    const auth = { token: 'ann', deviceId: 'd', deviceType: 'phone', since: 0, timelines: value }
    await expect(FakeDevice.connect(node.rookery.gate, auth)).rejects.toMatchObject({ code: 'TOO_LARGE' })
    expect(looks()).toBe(0)
  })

  it('is one that this test knows: every list and map of every request is here', () => {
    const found = Object.entries(requestSchemas).flatMap(([event, schema]) =>
      'shape' in schema
        ? Object.entries(schema.shape as Record<string, unknown>)
            .filter(([, field]) => isList(field))
            .map(([field]) => `${event} ${field}`)
        : [],
    )
    expect(found.sort()).toEqual(cases.map(([event, , field]) => `${event} ${field}`).sort())
  })
})

/** Whether a schema is a list or a map, optional or not. */
function isList(schema: unknown): boolean {
  const { def } = schema as { def: { type: string; innerType?: unknown } }
  return def.innerType === undefined ? ['array', 'record', 'map', 'set'].includes(def.type) : isList(def.innerType)
}

it('a request with thousands of unknown fields is refused without a list of them', async () => {
  const node = await TestNode.start()
  const ann = await node.connect('ann')
  const answer = await ann.request('pull', { since: 0, ...positions })
  expect(answer).toMatchObject({ ok: false, error: { code: 'BAD_REQUEST' } })
  expect(JSON.stringify(answer).length).toBeLessThan(300)
  const auth = { token: 'ann', deviceId: 'd', deviceType: 'phone', ...positions }
  await expect(FakeDevice.connect(node.rookery.gate, auth)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
})
