import { Injectable } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { MemoryOutbox, tokens } from '@rookery/core'
import { Registry } from 'prom-client'
import { afterEach, describe, expect, it } from 'vitest'
import { ImRejection, MemoryStorageModule, OnC2C, RookeryHealthIndicator, RookeryModule } from '../index.js'
import { RookeryMetricsModule } from '../metrics.js'
import { testChat, type TestChat } from '../testing/index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

@Injectable()
class ChatHandlers {
  @OnC2C('bad')
  refuse(): void {
    throw new ImRejection('no')
  }
}

async function start(registry: Registry, outbox = new MemoryOutbox()): Promise<TestChat & { close(): Promise<void> }> {
  const module = await Test.createTestingModule({
    imports: [
      RookeryMetricsModule.forRoot({ registry, prefix: 'chat_' }),
      RookeryModule.forRoot({
        authenticate: ({ token }) => ({ userId: token }),
        users: { exists: (userId) => userId !== 'nobody' },
      }),
      MemoryStorageModule.forRoot(),
      { module: class OutboxModule {}, providers: [{ provide: tokens.outbox, useValue: outbox }] },
    ],
    providers: [ChatHandlers, RookeryHealthIndicator],
  })
    .setLogger(false)
    .compile()
  open.push(module)
  await module.init()
  return Object.assign(testChat(module), { close: () => module.close() })
}

/** The lines of a metric, without its help. */
const lines = async (registry: Registry, name: string): Promise<string[]> =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith(`chat_${name}`))

describe('metrics', () => {
  it('count what a node does, by labels that clients cannot choose', async () => {
    const [registry, outbox] = [new Registry(), new MemoryOutbox()]
    const chat = await start(registry, outbox)
    const ann = await chat.online('ann')
    await chat.online('ann', { deviceType: 'web' })
    await ann.send('bob', 'hi', { clientMsgId: 'm1' })
    await ann.send('bob', 'hi', { clientMsgId: 'm1' })
    for (const [to, type] of [
      ['bob', 'bad'],
      ['nobody', 'text'],
    ] as const)
      await ann.send(to, 'x', { type }).catch(() => {})
    await ann.send('bob', 'x', { type: 'of-the-client' })
    await chat.im.s2c('ann', { topic: 't', payload: 1 })
    const tx = outbox.begin()
    await chat.im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} })
    tx.commit()
    await chat.settle()
    expect(await lines(registry, 'sends_total')).toEqual([
      'chat_sends_total{kind="c2c",by="session",outcome="stored"} 2',
      'chat_sends_total{kind="c2c",by="session",outcome="duplicate"} 1',
      'chat_sends_total{kind="c2c",by="session",outcome="REJECTED"} 1',
      'chat_sends_total{kind="c2c",by="session",outcome="NOT_FOUND"} 1',
      'chat_sends_total{kind="c2c",by="host",outcome="stored"} 1',
    ])
    expect(await lines(registry, 'sessions')).toEqual([
      'chat_sessions{device_type="phone"} 1',
      'chat_sessions{device_type="pad"} 0',
      'chat_sessions{device_type="pc"} 0',
      'chat_sessions{device_type="web"} 1',
    ])
    expect(await lines(registry, 'writer_queue')).toEqual(['chat_writer_queue 0'])
    expect(await lines(registry, 's2c_total')).toEqual(['chat_s2c_total{outcome="delivered"} 1'])
    expect(await lines(registry, 'outbox_rows_total')).toEqual(['chat_outbox_rows_total{outcome="moved"} 1'])
    expect(await lines(registry, 'handler_duration_seconds_count')).toEqual([
      'chat_handler_duration_seconds_count{on="before",outcome="thrown"} 1',
    ])
    expect((await lines(registry, 'commit_operations_sum'))[0]).toMatch(/ [1-9]/)
    expect(await registry.metrics()).not.toContain('of-the-client')
  })

  it('count the rows of the outbox that are parked', async () => {
    const [registry, outbox] = [new Registry(), new MemoryOutbox()]
    const chat = await start(registry, outbox)
    const tx = outbox.begin()
    tx.rows!.push({ id: 'broken', request: 'no JSON' })
    tx.commit()
    await chat.settle()
    expect(await lines(registry, 'outbox_parked')).toEqual(['chat_outbox_parked 1'])
    expect(await lines(registry, 'outbox_waiting')).toEqual(['chat_outbox_waiting 0'])
    expect(await lines(registry, 'outbox_rows_total')).toEqual(['chat_outbox_rows_total{outcome="parked"} 1'])
  })

  it('leave the registry with the app, so that the next one may begin; two at once give an error of one line', async () => {
    const registry = new Registry()
    const first = await start(registry)
    const failed = await start(registry).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(failed).toBe(
      'The registry has chat_sends_total already: import RookeryMetricsModule once, and give each app of a process its own registry.',
    )
    await first.close()
    expect(await registry.metrics()).toBe('\n')
    await start(registry)
    expect(await lines(registry, 'writer_queue')).toEqual(['chat_writer_queue 0'])
  })
})
