import { Test } from '@nestjs/testing'
import { MemoryStorage, StorageError, tokens, type StorageOp } from '@rookery/core'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { MemoryStorageModule, RookeryHealthIndicator, RookeryModule } from './index.js'
import { RookeryMetricsModule } from './metrics.js'
import { testChat, VirtualTimeModule } from './testing/index.js'

it('reports health as @nestjs/terminus expects it: up, and down with the reason of each part', async () => {
  const storage = new MemoryStorage()
  const module = await Test.createTestingModule({
    imports: [MemoryStorageModule.forRoot(), RookeryModule.forRoot({ authenticate: () => null })],
    providers: [RookeryHealthIndicator],
  })
    .overrideProvider(tokens.storage)
    .useValue(storage)
    .setLogger(false)
    .compile()
  await module.init()
  const health = module.get(RookeryHealthIndicator)
  expect(await health.isHealthy()).toMatchObject({
    rookery: { status: 'up', parts: { gate: { ok: true }, storage: { ok: true }, presence: { ok: true } } },
  })
  storage.heads.loginEpoch = () => Promise.reject(new StorageError('the disk is gone', 'none'))
  expect(await health.isHealthy('chat')).toMatchObject({
    chat: { status: 'down', parts: { storage: { ok: false, reason: 'the disk is gone' } } },
  })
  await module.close()
})

it('reports that commits fail though reads succeed, with or without sends meanwhile', async () => {
  const storage = new MemoryStorage()
  const registry = new Registry()
  const module = await Test.createTestingModule({
    imports: [
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
      RookeryMetricsModule.forRoot({ registry, prefix: 'chat_' }),
      VirtualTimeModule.forRoot(),
    ],
    providers: [RookeryHealthIndicator],
  })
    .overrideProvider(tokens.storage)
    .useValue(storage)
    .setLogger(false)
    .compile()
  await module.init()
  const chat = testChat(module)
  const health = module.get(RookeryHealthIndicator)
  const failing = async (): Promise<number> =>
    Number(/^chat_commits_failing_seconds (\S+)$/m.exec(await registry.metrics())?.[1])
  const { commit } = storage
  let takes: (ops: readonly StorageOp[]) => boolean = () => false
  storage.commit = ((ops: readonly StorageOp[]) =>
    takes(ops)
      ? commit.call(storage, ops)
      : Promise.reject(new StorageError('the disk is full', 'none'))) as typeof storage.commit
  const full = { ok: false, reason: 'the disk is full' }
  expect(await health.isHealthy()).toMatchObject({ rookery: { status: 'down', parts: { storage: full } } })
  expect(await failing()).toBe(0)

  // It takes no new operations.
  takes = (ops) => ops.length === 0
  const sent = (await chat.online('ann')).send('bob', 'hi')
  await chat.advance(100)
  const reason = 'commits fail: the disk is full'
  expect(await health.isHealthy()).toMatchObject({
    rookery: { status: 'down', parts: { storage: { ok: false, reason } } },
  })
  expect(await failing()).toBeGreaterThan(0)
  takes = () => true
  await chat.advance(1000)
  await sent
  expect(await health.isHealthy()).toMatchObject({ rookery: { status: 'up' } })
  expect(await failing()).toBe(0)
  await module.close()
})
