import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  Injectable,
  UnauthorizedException,
  ValidationPipe,
} from '@nestjs/common'
import { MessageBody, WsException } from '@nestjs/websockets'
import { RookeryError } from '@rookery/core'
import { IsInt, Min } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { ImRejection, OnC2S } from '../index.js'
import { start } from '../../testing/chat-app.js'
import { kinds } from '../../testing/kinds.js'

class OfferDto {
  @IsInt()
  @Min(1)
  price!: number
}

describe.each(kinds)('what a handler throws ($kind)', ({ On, After, open }) => {
  const thrown: Record<string, unknown> = {
    'a 400 of a pipe': new BadRequestException(['price must not be less than 1']),
    'a 401': new UnauthorizedException(),
    'a 403': new ForbiddenException(),
    'a 404': new HttpException('gone', 404),
    'a 409 with fields': new HttpException({ message: 'sold', listing: 7 }, 409),
    'a 413': new HttpException('big', 413),
    'a 422': new HttpException('odd', 422),
    'a 429': new HttpException('later', 429),
    'a 500': new HttpException('secret', 500),
    'a 503': new HttpException('secret', 503),
    'a 502 of an HTTP client': Object.assign(new Error('secret'), { status: 502 }),
    'a 404 of an HTTP client': Object.assign(new Error('secret'), { status: 404 }),
    'a WsException': new WsException('no'),
    'a WsException with fields': new WsException({ message: 'no', why: 'because' }),
    'an ImRejection': new ImRejection('no', { why: 'because' }),
    'a RookeryError': new RookeryError('NOT_FOUND', 'nothing here'),
    'an error': new Error('secret: SELECT 1'),
    'a text': 'secret',
    nothing: undefined,
    'details that are no JSON': (() => {
      const circular: Record<string, unknown> = { message: 'round' }
      circular.self = circular
      return new HttpException(circular, 418)
    })(),
  }
  it.each<[string, object]>([
    ['a 400 of a pipe', { code: 'BAD_REQUEST', details: ['price must not be less than 1'] }],
    ['a 401', { code: 'UNAUTHENTICATED' }],
    ['a 403', { code: 'FORBIDDEN' }],
    ['a 404', { code: 'NOT_FOUND', message: 'gone' }],
    ['a 409 with fields', { code: 'REJECTED', message: 'sold', details: { listing: 7 } }],
    ['a 413', { code: 'TOO_LARGE' }],
    ['a 422', { code: 'BAD_REQUEST', message: 'odd' }],
    ['a 429', { code: 'RATE_LIMITED', retryAfterMs: 1000 }],
    ['a 500', { code: 'UNAVAILABLE', message: 'a part of the server is not available', retryAfterMs: 1000 }],
    ['a 503', { code: 'UNAVAILABLE', message: 'a part of the server is not available', retryAfterMs: 1000 }],
    ['a 502 of an HTTP client', { code: 'UNAVAILABLE', message: 'a part of the server is not available' }],
    ['a 404 of an HTTP client', { code: 'INTERNAL', message: 'something went wrong on the server' }],
    ['a WsException', { code: 'REJECTED', message: 'no' }],
    ['a WsException with fields', { code: 'REJECTED', message: 'no', details: { why: 'because' } }],
    ['an ImRejection', { code: 'REJECTED', message: 'no', details: { why: 'because' } }],
    ['a RookeryError', { code: 'NOT_FOUND', message: 'nothing here' }],
    [
      'an error',
      { code: 'INTERNAL', message: 'something went wrong on the server', details: { id: expect.any(String) } },
    ],
    ['a text', { code: 'INTERNAL', message: 'something went wrong on the server' }],
    ['nothing', { code: 'INTERNAL' }],
    ['details that are no JSON', { code: 'REJECTED', message: 'round' }],
  ])('%s', async (what, expected) => {
    @Injectable()
    class Throwing {
      @On('text')
      text(): void {
        throw thrown[what]
      }
      @OnC2S('topic')
      topic(): void {
        throw thrown[what]
      }
      @After('after')
      after(): void {
        throw thrown[what]
      }
    }
    const chat = await start([Throwing])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    const refusal = await room.send(ann, 'x').catch((error: RookeryError) => error.toWire())
    expect(refusal).toMatchObject(expected)
    await expect(ann.topic('topic')).rejects.toMatchObject(expected)
    expect(JSON.stringify(refusal)).not.toContain('secret')
    expect(room.said(ann)).toEqual([])
    // Another conversation: a retryable error holds back the first one.
    const other = await open(chat, 'ann', 'carl')
    await other.send(ann, 'x', { type: 'after' })
    await chat.settle()
    expect(other.said(ann)).toHaveLength(1)
  })

  it('by its pipe names what is wrong', async () => {
    @Injectable()
    class ChatHandlers {
      @On('offer')
      offer(@MessageBody(new ValidationPipe()) _: OfferDto): void {}
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    await expect(room.send(await chat.online('ann'), { price: 0 }, { type: 'offer' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: ['price must not be less than 1'],
    })
  })
})
