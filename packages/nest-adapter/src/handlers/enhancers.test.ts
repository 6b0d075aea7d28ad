import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core'
import { MessageBody } from '@nestjs/websockets'
import { type ImSession } from '@rookery/core'
import { map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { ImRejection, OnC2S } from '../index.js'
import { codeOf, lines, start } from '../../testing/chat-app.js'
import { kinds } from '../../testing/kinds.js'

/** As guards of Nest apps do: they read the request's user and headers. */
@Injectable()
class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ user: { roles: string[] }; headers: Record<string, string> }>()
    return request.user.roles.includes('admin') && request.headers['x-app'] !== 'old'
  }
}

describe.each(kinds)('enhancers ($kind)', ({ On, open }) => {
  const log: string[] = []
  @Injectable()
  class Deny implements CanActivate {
    canActivate(): boolean {
      return false
    }
  }
  @Injectable()
  class Suffix implements PipeTransform {
    transform(value: unknown): unknown {
      return typeof value === 'string' ? `${value}!` : value
    }
  }
  @Injectable()
  class Wrap implements NestInterceptor {
    intercept(_: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
      log.push('before')
      return next.handle().pipe(map((value: object) => ({ ...value, wrapped: true })))
    }
  }
  @Catch(TypeError)
  class TypeErrors implements ExceptionFilter<TypeError> {
    catch(error: TypeError): Error {
      return new ImRejection(`translated: ${error.message}`)
    }
  }

  @Injectable()
  class ChatHandlers {
    @On('guarded')
    @UseGuards(Deny)
    guarded(): void {
      log.push('called')
    }
    @On('piped')
    piped(@MessageBody('text', Suffix) text: string): object {
      return { text }
    }
    @On('intercepted')
    @UseInterceptors(Wrap)
    intercepted(@MessageBody() content: object): object {
      return content
    }
    @On('filtered')
    @UseFilters(TypeErrors)
    filtered(): void {
      throw new TypeError('not like this')
    }
    @On('admin')
    @UseGuards(AdminGuard)
    admin(): void {}
    @OnC2S('admin.topic')
    @UseGuards(AdminGuard)
    adminTopic(): string {
      return 'for admins'
    }
  }

  it('of a method apply: a guard, a pipe, an interceptor, a filter that answers with an error', async () => {
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    await expect(room.send(ann, 'x', { type: 'guarded' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(room.send(ann, 'x', { type: 'filtered' })).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'translated: not like this',
    })
    await room.send(ann, 'x', { type: 'piped' })
    await room.send(ann, 'x', { type: 'intercepted' })
    await chat.settle()
    expect(room.said(ann).map(({ content }) => content)).toEqual([{ text: 'x!' }, { text: 'x', wrapped: true }])
    expect(log).toEqual(['before'])
  })

  it('made for HTTP read user and headers of the handshake, for messages and topics alike', async () => {
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const admins = await open(chat, 'admin', 'bob')
    const [ann, admin] = [await chat.online('ann'), await chat.online('admin')]
    const old = await chat.online('admin', { deviceType: 'pc', headers: { 'x-app': 'old' } })
    expect(await codeOf(room.send(ann, 'x', { type: 'admin' }))).toBe('FORBIDDEN')
    expect(await codeOf(admins.send(old, 'x', { type: 'admin' }))).toBe('FORBIDDEN')
    expect(await codeOf(admins.send(admin, 'x', { type: 'admin' }))).toBe('ok')
    expect(await codeOf(ann.topic('admin.topic'))).toBe('FORBIDDEN')
    expect(await admin.topic('admin.topic')).toBe('for admins')
  })

  it('of the whole app apply, too', async () => {
    const types: string[] = []
    @Injectable()
    class AppGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        types.push(context.getType())
        return (
          context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-blocked'] === undefined
        )
      }
    }
    @Injectable()
    class AppInterceptor implements NestInterceptor {
      intercept(_: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
        return next.handle().pipe(map((value: object | undefined) => ({ ...value, app: true })))
      }
    }
    @Injectable()
    class Echo {
      @On('text')
      text(@MessageBody() content: object): object {
        return content
      }
    }
    const chat = await start([
      Echo,
      { provide: APP_GUARD, useClass: AppGuard },
      { provide: APP_INTERCEPTOR, useClass: AppInterceptor },
    ])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    await room.send(ann, 'hi')
    await chat.settle()
    expect(room.said(ann)[0]!.content).toEqual({ text: 'hi', app: true })
    const blocked = await chat.online('bob', { headers: { 'x-blocked': '1' } })
    expect(await codeOf(room.send(blocked, 'hi'))).toBe('FORBIDDEN')
    expect(types).toEqual(['im', 'im'])
  })

  it.each<[string, (response: any, exception: Error) => unknown]>([
    ['calls response.status', (response, exception) => response.status(500).json({ message: exception.message })],
    ['throws itself', () => Promise.reject(new ImRejection('of the filter'))],
    ['returns nothing, later', async () => {}],
    ['returns a body', () => ({ ok: true, text: 'let it pass' })],
  ])('of the whole app, made for HTTP, do no harm: a filter that %s', async (_, catching) => {
    @Catch()
    class HttpFilter implements ExceptionFilter {
      catch(exception: Error, host: ArgumentsHost): unknown {
        return catching(host.switchToHttp().getResponse(), exception)
      }
    }
    @Injectable()
    class Refusing {
      @On('text')
      text(): void {
        throw new ForbiddenException('not you')
      }
      @OnC2S('topic')
      topic(): void {
        throw new ImRejection('not now')
      }
    }
    const chat = await start([Refusing, { provide: APP_FILTER, useClass: HttpFilter }])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    await expect(room.send(ann, 'x')).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'not you' })
    await expect(ann.topic('topic')).rejects.toMatchObject({ code: 'REJECTED', message: 'not now' })
    await chat.settle()
    expect(room.said(ann)).toEqual([])
  })

  it('a filter that fails gives one line in the log for each handler, however often it fails', async () => {
    @Catch()
    class HttpFilter implements ExceptionFilter {
      catch(_: Error, host: ArgumentsHost): void {
        host.switchToHttp().getResponse<{ status(code: number): void }>().status(500)
      }
    }
    @Injectable()
    class Refusing {
      @On('text')
      @UseFilters(HttpFilter)
      text(): void {
        throw new ForbiddenException()
      }
    }
    const chat = await start([Refusing])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    for (let i = 0; i < 3; i++) expect(await codeOf(room.send(ann, 'x'))).toBe('FORBIDDEN')
    const told = lines.filter(({ text }) => text.includes('an exception filter threw'))
    expect(told).toHaveLength(1)
    expect(told[0]!.text).toContain('Refusing.text')
  })
})

describe.each(kinds)('request-scoped ($kind)', ({ On, open }) => {
  it('handlers are made for each call, with the session as their request', async () => {
    let made = 0
    const seen: string[] = []
    @Injectable({ scope: Scope.REQUEST })
    class ChatHandlers {
      constructor(@Inject(REQUEST) private readonly request: ImSession) {
        made++
      }
      @On('text')
      @UsePipes(new ValidationPipe())
      text(@MessageBody('text') text: string): object {
        return { text: `${text} by ${this.request.userId}` }
      }
      @OnC2S('who')
      who(): string {
        seen.push(this.request.deviceType)
        return this.request.userId
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob', { deviceType: 'pc' })]
    await Promise.all([room.send(ann, 'one'), room.send(bob, 'two')])
    expect(await bob.topic('who')).toBe('bob')
    await chat.settle()
    expect([...ann.texts].sort()).toEqual(['one by ann', 'two by bob'])
    expect([made, seen]).toEqual([3, ['pc']])
  })

  it('guards and filters of a handler that is not, even of the whole app, get their dependencies', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Who {
      constructor(@Inject(REQUEST) readonly session: ImSession) {}
    }
    @Injectable({ scope: Scope.REQUEST })
    class AppGuard implements CanActivate {
      constructor(private readonly who: Who) {}
      canActivate(): boolean {
        return this.who.session.userId !== 'blocked'
      }
    }
    @Catch(TypeError)
    @Injectable({ scope: Scope.REQUEST })
    class Filter implements ExceptionFilter {
      constructor(private readonly who: Who) {}
      catch(): Error {
        return new ImRejection(`not for ${this.who.session.userId}`)
      }
    }
    @Injectable()
    class ChatHandlers {
      @On('text')
      @UseFilters(Filter)
      text(): void {
        throw new TypeError()
      }
    }
    const chat = await start([Who, ChatHandlers, { provide: APP_GUARD, useClass: AppGuard }])
    const room = await open(chat, 'ann', 'blocked')
    expect(await codeOf(room.send(await chat.online('blocked'), 'x'))).toBe('FORBIDDEN')
    await expect(room.send(await chat.online('ann'), 'x')).rejects.toThrow('not for ann')
  })
})
