import type { Server } from 'node:http'
import { Controller, Get, type INestApplication, Param } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { type ErrorCode, RookeryError } from '@rookery/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeOf, lines, start as startChat } from '../testing/chat-app.js'
import { urlOf } from '../testing/client.js'
import { ImService, MemoryStorageModule, OnC2C, OnC2S, RookeryExceptionFilter, RookeryModule } from './index.js'

@Controller()
class Chat {
  constructor(private readonly im: ImService) {}
  @Get('group/:id')
  group(@Param('id') id: string): Promise<unknown> {
    return this.im.groups.get(id)
  }
  @Get('throw/:code')
  refuse(@Param('code') code: ErrorCode): never {
    throw new RookeryError(code, 'not now', { details: { a: 1 }, retryAfterMs: 1500 })
  }
  @Get('fault')
  fault(): never {
    throw new TypeError('a secret')
  }
}

const platforms = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() }
const ways = {
  'as APP_FILTER': [{ provide: APP_FILTER, useClass: RookeryExceptionFilter }],
  'by useGlobalFilters': [],
}

describe.each(Object.keys(platforms) as (keyof typeof platforms)[])('on %s', (platform) => {
  it.each(Object.keys(ways) as (keyof typeof ways)[])(
    'what chat refuses has the status of its code, %s',
    async (way) => {
      const module = await Test.createTestingModule({
        imports: [
          MemoryStorageModule.forRoot(),
          RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
        ],
        controllers: [Chat],
        providers: ways[way],
      })
        .setLogger(false)
        .compile()
      const app: INestApplication = module.createNestApplication(platforms[platform](), { forceCloseConnections: true })
      if (way === 'by useGlobalFilters') app.useGlobalFilters(new RookeryExceptionFilter(app.getHttpAdapter()))
      onTestFinished(() => app.close())
      await app.listen(0, '127.0.0.1')
      const get = async (path: string) => {
        const response = await fetch(`${urlOf(app.getHttpServer() as Server)}/${path}`)
        return { status: response.status, retry: response.headers.get('retry-after'), body: await response.json() }
      }
      expect(await get('group/g_none')).toMatchObject({ status: 404, retry: null, body: { code: 'NOT_FOUND' } })
      const expected: Record<ErrorCode, number> = {
        BAD_REQUEST: 400,
        UNAUTHENTICATED: 401,
        FORBIDDEN: 403,
        NOT_FOUND: 404,
        REJECTED: 422,
        CONFLICT: 409,
        TOO_LARGE: 413,
        RATE_LIMITED: 429,
        OVERLOADED: 503,
        UNAVAILABLE: 503,
        INTERNAL: 500,
        UNSUPPORTED: 400,
      }
      for (const [code, status] of Object.entries(expected))
        expect(await get(`throw/${code}`)).toEqual({
          status,
          retry: '2',
          body: { statusCode: status, code, message: 'not now', details: { a: 1 }, retryAfterMs: 1500 },
        })
      const fault = await get('fault')
      expect(fault.status).toBe(500)
      expect(JSON.stringify(fault.body)).not.toContain('secret')
    },
  )
})

it('the handlers of chat refuse under the same codes beside it', async () => {
  class Handlers {
    @OnC2C()
    refuse(): never {
      throw new RookeryError('TOO_LARGE', 'no')
    }
    @OnC2S('ask')
    ask(): never {
      throw new RookeryError('CONFLICT', 'no')
    }
  }
  const chat = await startChat([Handlers, { provide: APP_FILTER, useClass: RookeryExceptionFilter }])
  const ann = await chat.online('ann')
  expect(await codeOf(ann.send('bob', 'hello'))).toBe('TOO_LARGE')
  expect(await codeOf(ann.ask('c2s', { topic: 'ask', payload: {} }))).toBe('CONFLICT')
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
})
