import type { Server } from 'node:http'
import {
  BadRequestException,
  Injectable,
  type LoggerService,
  ServiceUnavailableException,
  UnauthorizedException,
} from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { MemoryOutbox, MemoryStorage, StorageError, tokens } from '@rookery/core'
import { expect, it } from 'vitest'
import { connect, urlOf } from '../testing/client.js'
import { ImRejection, ImService, MemoryStorageModule, OnC2C, OnC2S, RookeryModule } from './index.js'

it('no log line contains a token or a content, whatever goes wrong', async () => {
  const logged: string[] = []
  const write = (...parts: unknown[]): void => {
    logged.push(parts.map((part) => (part instanceof Error ? `${part.message} ${part.stack}` : String(part))).join(' '))
  }
  const logger: LoggerService = { log: write, warn: write, error: write, debug: write, verbose: write, fatal: write }
  const storage = new MemoryStorage()
  const outbox = new MemoryOutbox()

  @Injectable()
  class ChatHandlers {
    @OnC2C('rejected')
    rejected(): void {
      throw new ImRejection('no')
    }
    @OnC2C('invalid')
    invalid(): void {
      throw new BadRequestException()
    }
    @OnC2C('broken')
    broken(): void {
      throw new TypeError('a fault of the app')
    }
    @OnC2C('away')
    away(): void {
      throw new ServiceUnavailableException('the stock service is away')
    }
    @OnC2C('no-json')
    noJson(): unknown {
      return 'content-secret'
    }
    @OnC2S('broken')
    topic(): void {
      throw new TypeError('a fault of the app')
    }
  }
  const module = await Test.createTestingModule({
    imports: [
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({
        authenticate: ({ token }) => {
          if (token.startsWith('refused')) throw new UnauthorizedException()
          if (token.startsWith('failing')) throw Object.assign(new Error('the session store is down'), { status: 500 })
          return { userId: token.startsWith('odd') ? 'two words' : token.slice(0, 3) }
        },
        users: { exists: (userId) => userId !== 'gone' },
        timing: { sendDeadlineMs: 500, drainMs: 100, s2cAckMs: 100 },
      }),
      { module: class OutboxModule {}, providers: [{ provide: tokens.outbox, useValue: outbox }] },
    ],
    providers: [ChatHandlers],
  })
    .overrideProvider(tokens.storage)
    .useValue(storage)
    .setLogger(logger)
    .compile()
  const app = module.createNestApplication({ forceCloseConnections: true })
  await app.listen(0, '127.0.0.1')
  const url = urlOf(app.getHttpServer() as Server)

  for (const token of ['refused', 'failing', 'odd']) await connect(url, `${token}-token-secret`).catch(() => {})
  const ann = await connect(url, 'ann-token-secret')
  let key = 0
  // Each to another user: a retryable error holds back the rest of its conversation.
  const message = (type: string, to = `bob${key}`) => ({
    clientMsgId: `m${++key}`,
    to,
    type,
    content: { text: 'content-secret' },
  })
  for (const type of ['text', 'rejected', 'invalid', 'broken', 'away', 'no-json']) await ann.ask('c2c', message(type))
  await ann.ask('c2c', { ...message('text'), content: { 'content-secret': '\0' } })
  await ann.ask('c2c', message('text', 'gone'))
  await ann.ask('c2s', { topic: 'broken', payload: 'content-secret' })
  await ann.ask('auth.refresh', { token: 'failing-token-secret' })
  ann.socket.emit('c2c', 'content-secret', 'token-secret')
  const im = module.get(ImService)
  await im.s2c('ann', { topic: 't', payload: 'content-secret' })
  const tx = outbox.begin()
  await im.within(tx).sendC2C({ from: 'ann', to: 'bob', type: 'x'.repeat(64), content: { text: 'content-secret' } })
  storage.commit = () => Promise.reject(new StorageError('the disk is gone', 'none'))
  tx.commit()
  const answers = await Promise.all([ann.ask('c2c', message('text')), im.kick('ann').catch(() => 'failed')])
  expect(answers[0]).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } })
  await app.close()

  const everything = logged.join('\n')
  for (const told of [
    'a fault of the server',
    'the stock service is away',
    'a commit failed',
    'authenticate failed',
    'the outbox',
  ])
    expect(everything).toContain(told)
  expect(everything).not.toContain('secret')
})
