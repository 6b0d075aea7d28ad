import { Test } from '@nestjs/testing'
import { MemoryStorage, StorageError, tokens } from '@rookery/core'
import { expect, it } from 'vitest'
import { MemoryStorageModule, RookeryHealthIndicator, RookeryModule } from './index.js'

it('tells health as @nestjs/terminus asks for it: up, and down with the reason of each part', async () => {
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
  storage.timelines.loginEpoch = () => Promise.reject(new StorageError('the disk is gone', 'none'))
  expect(await health.isHealthy('chat')).toMatchObject({
    chat: { status: 'down', parts: { storage: { ok: false, reason: 'the disk is gone' } } },
  })
  await module.close()
})
