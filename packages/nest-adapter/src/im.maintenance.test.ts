import { Test, type TestingModule } from '@nestjs/testing'
import { MemoryStorage, tokens } from '@rookery/core'
import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import { ImMaintenance, RookeryModule, type RookeryModuleOptions } from './index.js'
import { RookeryMetricsModule } from './metrics.js'
import { testChat, type TestChat } from './testing/index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

const storageModule = (storage: MemoryStorage) => ({
  global: true,
  module: class StorageModule {},
  providers: [{ provide: tokens.storage, useValue: storage }],
  exports: [tokens.storage],
})

async function compile(
  options: Partial<RookeryModuleOptions> = {},
  registry = new Registry(),
  storage = new MemoryStorage(),
): Promise<{ module: TestingModule; maintenance: ImMaintenance }> {
  const module = await Test.createTestingModule({
    imports: [
      storageModule(storage),
      RookeryMetricsModule.forRoot({ registry }),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }), ...options }),
    ],
  })
    .setLogger(false)
    .compile()
  open.push(module)
  return { module, maintenance: module.get(ImMaintenance) }
}

async function talk(chat: TestChat, count: number): Promise<string> {
  let conversationId = ''
  for (let n = 1; n <= count; n += 1)
    ({ conversationId } = await chat.im.sendC2C({ from: 'ann', to: 'bob', type: 'text', content: { text: `${n}` } }))
  return conversationId
}

it('trims on demand, by the options of the module, and the figure counts what was taken', async () => {
  const registry = new Registry()
  const { module, maintenance } = await compile({ retention: { timelineCount: 3, batchRows: 2, pauseMs: 1 } }, registry)
  await module.init()
  const chat = testChat(module)
  const conversationId = await talk(chat, 10)
  const steps: number[] = []
  expect(await maintenance.trim({ onProgress: ({ messages }) => steps.push(messages) })).toMatchObject({ messages: 7 })
  expect(steps).toContain(2)
  const { messages } = await chat.im.history({ conversationId })
  expect(messages.map(({ seq }) => seq)).toEqual([8, 9, 10])
  expect(await registry.getSingleMetricAsString('rookery_trimmed_rows_total')).toContain(
    'rookery_trimmed_rows_total{what="messages"} 7',
  )
})

it('verifies: reports what differs, and repairs it on request', async () => {
  const storage = new MemoryStorage()
  const { module, maintenance } = await compile({ retention: { batchRows: 2, pauseMs: 1 } }, new Registry(), storage)
  await module.init()
  const chat = testChat(module)
  const conversationId = await talk(chat, 5)
  expect(await maintenance.verify()).toMatchObject({ done: 1, findings: 0, repaired: 0 })
  storage.database.tables.conversations.get(conversationId)!.countable = 9
  const found: unknown[] = []
  const finding = { kind: 'conversation', id: conversationId, field: 'countable', stored: 9, computed: 5 }
  await maintenance.verify({ onFinding: (one) => found.push(one) })
  expect(found).toEqual([{ ...finding, repaired: false }])
  expect(await maintenance.verify({ repair: true })).toMatchObject({ findings: 1, repaired: 1 })
  expect(await maintenance.verify()).toMatchObject({ findings: 0 })
})

it('exports everything that chat keeps about a user, and erases it', async () => {
  const { module, maintenance } = await compile({ retention: { batchRows: 2, pauseMs: 1 } })
  await module.init()
  const chat = testChat(module)
  const ann = await chat.online('ann')
  await ann.send('bob', 'from ann')
  await chat.im.sendC2C({ from: 'bob', to: 'ann', type: 'text', content: { text: 'from bob' } })
  const conversationId = chat.im.conversationId('ann', 'bob')
  await ann.ask('react', { conversationId, seq: 2, reaction: 'fine' })
  await chat.settle()

  const records = []
  for await (const record of maintenance.exportUser('ann')) records.push(record)
  expect(records).toMatchObject([
    { record: 'user', userId: 'ann', seq: 3, floor: 0 },
    { record: 'membership', conversationId, kind: 'c2c', ended: false },
    { record: 'message', message: { from: 'ann', content: { text: 'from ann' } } },
    { record: 'message', message: { from: 'ann', type: 'im.reaction' } },
    { record: 'reaction', conversationId, seq: 2, reaction: 'fine' },
    { record: 'entry', entry: { seq: 1, message: { content: { text: 'from ann' } } } },
    { record: 'entry', entry: { seq: 2, message: { content: { text: 'from bob' } } } },
    { record: 'entry', entry: { seq: 3, message: { type: 'im.reaction' } } },
  ])
  expect(JSON.parse(JSON.stringify(records))).toEqual(records)

  const steps: number[] = []
  const erased = await maintenance.eraseUser('ann', { onProgress: ({ done }) => steps.push(done) })
  expect(erased).toMatchObject({ done: 1, groups: 0, messages: 1, keys: 2, entries: 3 })
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(ann.kicked).toMatchObject({ reason: 'admin' })
  const left = []
  for await (const record of maintenance.exportUser('ann')) left.push(record)
  expect(JSON.stringify(left)).not.toContain('from ')
  const { messages } = await chat.im.history({ conversationId })
  expect(messages).toMatchObject([
    { from: 'ann', recalled: true },
    { from: 'bob', content: { text: 'from bob' } },
  ])
  expect(messages[0]).not.toHaveProperty('content')
})

it('rejects before the app has started', async () => {
  const { maintenance } = await compile()
  for (const call of [maintenance.trim(), maintenance.verify(), maintenance.eraseUser('ann')])
    await expect(call).rejects.toThrow('before the app has started')
  await expect(maintenance.exportUser('ann').next()).rejects.toThrow('before the app has started')
})
