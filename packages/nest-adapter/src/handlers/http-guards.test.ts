// App-wide guards that were written for HTTP work on a chat call: they read the request and write to the response.
import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { MessageBody } from '@nestjs/websockets'
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler'
import { describe, expect, it } from 'vitest'
import { codeOf, lines, start } from '../../testing/chat-app.js'
import { OnC2C, OnC2S, OnConnect } from '../index.js'

@Injectable()
class Through implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    return next.handle()
  }
}

/** Calls without interceptors, which the adapter makes itself, and with one, which Nest makes. */
const makeHandlers = (seen: unknown[], decorators: MethodDecorator[]) => {
  const enhanced: MethodDecorator = (...args) => decorators.forEach((decorate) => decorate(...args))
  @Injectable()
  class ChatHandlers {
    @OnConnect()
    @enhanced
    connected(): void {
      seen.push('connect')
    }
    @OnC2C()
    @enhanced
    text(@MessageBody() content: object): void {
      seen.push(content)
    }
    @OnC2S('topic')
    @enhanced
    topic(@MessageBody() payload: unknown): unknown {
      seen.push(payload)
      return payload
    }
  }
  return ChatHandlers
}

describe.each<[string, MethodDecorator[]]>([
  ['without interceptors', []],
  ['with an interceptor', [UseInterceptors(Through)]],
])('handlers %s', (_, decorators) => {
  it('stand behind the throttler of the app', async () => {
    const seen: unknown[] = []
    const guard = { provide: APP_GUARD, useClass: ThrottlerGuard }
    const throttler = ThrottlerModule.forRoot([{ ttl: 60_000, limit: 3 }])
    const chat = await start([makeHandlers(seen, decorators), guard], {}, [throttler])
    const ann = await chat.online('ann')
    for (const payload of [null, 'words', { a: 1 }]) expect(await ann.topic('topic', payload)).toEqual(payload)
    await ann.send('bob', 'hello')
    expect(seen).toEqual(['connect', null, 'words', { a: 1 }, { text: 'hello' }])
    await expect(ann.topic('topic', null)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1000 })
    // Each handler has its own limit, as each route has.
    for (const user of ['ben', 'cid']) await chat.online(user)
    expect(await codeOf(chat.online('dan'))).toBe('RATE_LIMITED')
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })

  it('see what a guard left on the request, and nothing of what it wrote to the response', async () => {
    @Injectable()
    class HttpGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        const http = context.switchToHttp()
        const [request, response] = [http.getRequest(), http.getResponse()]
        response.header('x-one', '1').status(200).cookie('a', 'b')
        response.setHeader('x-two', '2')
        response.on('finish', () => {})
        // The content is in its place, whichever side a guard asks for first.
        seen.push([request.get('X-App'), request.header('x-app'), response.headersSent, context.getArgs()[1]])
        seen.push(context.switchToWs().getData())
        return true
      }
    }
    const seen: unknown[] = []
    const chat = await start([makeHandlers(seen, decorators), { provide: APP_GUARD, useClass: HttpGuard }])
    const ann = await chat.online('ann', { headers: { 'x-app': 'shop' } })
    seen.length = 0
    await ann.send('bob', 'hello')
    const content = { text: 'hello' }
    expect(seen).toEqual([['shop', 'shop', false, content], content, content])
    await ann.topic('topic', null)
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
