// A module beside RookeryModule provides who brings notifications.
import { Injectable, Module } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { type PushOptions, tokens } from '@rookery/core'
import { FakePushProvider } from '@rookery/testing'
import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import { ImService, MemoryStorageModule, RookeryModule } from './index.js'
import { RookeryMetricsModule } from './metrics.js'
import { testChat, VirtualTimeModule } from './testing/index.js'

let close = async (): Promise<void> => {}
afterEach(() => close())

const provider = new FakePushProvider()

@Injectable()
class Words {
  compose = ({ count }: { count: number }) => ({ title: 'My app', body: `${count} new` })
}

@Module({
  providers: [
    Words,
    {
      provide: tokens.push,
      inject: [Words],
      useFactory: ({ compose }: Words): PushOptions => ({ providers: [provider], compose, afterMs: 2_000 }),
    },
  ],
})
class PushModule {}

it('who is away is told in the words of the app, and the metrics count it', async () => {
  const registry = new Registry()
  const module = await Test.createTestingModule({
    imports: [
      PushModule,
      RookeryMetricsModule.forRoot({ registry }),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
      MemoryStorageModule.forRoot(),
      VirtualTimeModule.forRoot(),
    ],
  })
    .setLogger(false)
    .compile()
  await module.init()
  close = () => module.close()
  const chat = testChat(module)
  const bob = await chat.online('bob')
  await bob.ask('push.register', { provider: 'fake', token: 'token' })
  bob.disconnect()
  const ann = await chat.online('ann')
  await ann.send('bob', 'hi')
  await ann.send('bob', 'hi')
  await chat.advance(10_000)
  expect(provider.told('token')).toMatchObject([{ title: 'My app', body: '2 new', badge: 2 }])
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('rookery_push'))
  expect(lines).toContain('rookery_pushes_total{provider="fake",kind="message",outcome="sent",reason=""} 1')
  expect(lines).toContain('rookery_pushes_coalesced_total{provider="fake"} 1')
  expect(lines).toContain('rookery_push_batch_duration_seconds_count{provider="fake",outcome="ok"} 1')
  expect(await module.get(ImService).health()).toMatchObject({ parts: { push: { ok: true } } })
})
