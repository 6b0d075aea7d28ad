import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  createParamDecorator,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  Inject,
  Injectable,
  type LoggerService,
  Module,
  type ModuleMetadata,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common'
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, REQUEST } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { MessageBody, WsException } from '@nestjs/websockets'
import { type Draft, type Handlers, type ImSession, RookeryError, type Sent } from '@rookery/core'
import { IsInt, Min } from 'class-validator'
import { map } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  AfterC2C,
  ImMessage,
  ImRejection,
  ImService,
  MemoryStorageModule,
  OnC2C,
  OnC2S,
  OnConnect,
  RookeryModule,
  type RookeryModuleOptions,
  Sender,
  Stored,
} from '../index.js'
import { testChat, VirtualTimeModule, type TestChat } from '../testing/index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

interface Line {
  readonly level: 'log' | 'warn' | 'error'
  readonly text: string
}

/** What the app logged. */
let lines: Line[] = []
const write =
  (level: Line['level']) =>
  (...parts: unknown[]): void => {
    const words = parts.map((part) => (part instanceof Error ? `${part.message}\n${part.stack}` : String(part)))
    lines.push({ level, text: words.join(' ') })
  }
const logger: LoggerService = { log: write('log'), warn: write('warn'), error: write('error') }

/** An app with these handlers, on virtual time. Tokens are user ids. */
async function start(
  providers: ModuleMetadata['providers'],
  options: Partial<RookeryModuleOptions> = {},
  imports: ModuleMetadata['imports'] = [],
): Promise<TestChat> {
  lines = []
  const module = await Test.createTestingModule({
    imports: [
      VirtualTimeModule.forRoot(),
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({
        authenticate: ({ token }) => ({
          userId: token,
          user: { id: token, roles: token === 'admin' ? ['admin'] : [] },
        }),
        ...options,
      }),
      ...imports,
    ],
    providers: providers ?? [],
  })
    .setLogger(logger)
    .compile()
  open.push(module)
  await module.init()
  return testChat(module)
}

const codeOf = async (sending: Promise<unknown>): Promise<string> =>
  sending.then(
    () => 'ok',
    (error: RookeryError) => error.code,
  )

class OfferDto {
  @IsInt()
  @Min(1)
  price!: number
}

/** What guards of Nest apps do: they read the request's user and headers. */
@Injectable()
class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ user: { roles: string[] }; headers: Record<string, string> }>()
    return request.user.roles.includes('admin') && request.headers['x-app'] !== 'old'
  }
}

describe('a before-handler', () => {
  it('refuses by throwing, and what it refused is not stored', async () => {
    @Injectable()
    class ChatHandlers {
      @OnC2C({ type: 'text' })
      check(@MessageBody('text') text: string): void {
        if (text.includes('spam')) throw new ImRejection('no spam here', { word: 'spam' })
      }
    }
    const chat = await start([ChatHandlers])
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    await expect(ann.send('bob', 'spam!')).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'no spam here',
      details: { word: 'spam' },
    })
    await ann.send('bob', 'ham')
    await chat.settle()
    expect([ann.texts, bob.texts]).toEqual([['ham'], ['ham']])
    expect((await chat.im.history({ conversationId: chat.im.conversationId('ann', 'bob') })).messages).toHaveLength(1)
  })

  it('changes the content by what it returns, and leaves it by returning nothing or by changing what it was given', async () => {
    @Injectable()
    class ChatHandlers {
      @OnC2C('offer')
      @UsePipes(new ValidationPipe({ transform: true }))
      offer(@MessageBody() offer: OfferDto, @Sender() sender: ImSession): object {
        expect(offer).toBeInstanceOf(OfferDto)
        return Object.assign(offer, { by: sender.userId, at: new Date(0) })
      }

      @OnC2C('text')
      text(@MessageBody() content: Record<string, unknown>, @ImMessage() message: Draft): void {
        content.text = 'changed'
        message.content.text = 'changed, too'
      }
    }
    const chat = await start([ChatHandlers])
    const ann = await chat.online('ann')
    await ann.send('bob', { price: 7 }, { type: 'offer' })
    await ann.send('bob', 'mine')
    await chat.settle()
    expect(ann.messages.map(({ content }) => content)).toEqual([
      { price: 7, by: 'ann', at: '1970-01-01T00:00:00.000Z' },
      { text: 'mine' },
    ])
  })

  it('has the session, the content, the message and the type in its context, whose type is im', async () => {
    let seen: unknown[] = []
    const Pattern = createParamDecorator((_: unknown, context: ExecutionContext) => context.switchToWs().getPattern())
    @Injectable()
    class Spy implements NestInterceptor {
      intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
        seen = [context.getType(), context.getClass().name, context.getHandler().name, ...context.getArgs<unknown[]>()]
        return next.handle()
      }
    }
    @Injectable()
    class ChatHandlers {
      @OnC2C('text')
      @UseInterceptors(Spy)
      text(@Pattern() pattern: string, @Sender() sender: ImSession, @ImMessage() message: Draft): void {
        seen.push(pattern, sender.deviceType, message.to)
      }
    }
    const chat = await start([ChatHandlers])
    const ann = await chat.online('ann', { deviceType: 'pad', headers: { 'x-app': 'shop' } })
    await ann.send('bob', 'hi', { clientMsgId: 'm1', subject: 'golf' })
    expect(seen).toEqual([
      'im',
      'ChatHandlers',
      'text',
      expect.objectContaining({
        userId: 'ann',
        user: { id: 'ann', roles: [] },
        headers: { 'x-app': 'shop' },
        ip: '127.0.0.1',
      }),
      { text: 'hi' },
      { clientMsgId: 'm1', from: 'ann', to: 'bob', subject: 'golf', type: 'text', content: { text: 'hi' } },
      'text',
      'text',
      'pad',
      'bob',
    ])
  })

  it('runs with others for the same message: those for every type first, each seeing what the one before made', async () => {
    const seen: string[] = []
    @Injectable()
    class First {
      @OnC2C('text')
      one(@MessageBody('text') text: string): object {
        seen.push(`one ${text}`)
        return { text: `${text}1` }
      }
      @OnC2C('text')
      two(@MessageBody('text') text: string): object {
        seen.push(`two ${text}`)
        return { text: `${text}2` }
      }
    }
    @Injectable()
    class Second {
      @OnC2C()
      every(@MessageBody() content: { text?: string }): object {
        seen.push(`every ${content.text ?? '-'}`)
        return { ...content, text: `${content.text ?? ''}0` }
      }
    }
    const handlers: Handlers = {
      before:
        () =>
        async (_, { content }) => ({ ...content, text: `${String(content.text)}.` }),
      after: () => undefined,
      topic: () => undefined,
    }
    const chat = await start([First, Second], { handlers })
    const ann = await chat.online('ann')
    await ann.send('bob', 'x')
    await ann.send('bob', { text: 'y' }, { type: 'other' })
    await chat.settle()
    expect(seen).toEqual(['every x.', 'one x.0', 'two x.01', 'every y.'])
    expect(ann.messages.map(({ content }) => content?.text)).toEqual(['x.012', 'y.0'])
  })

  it('is not called for what ImService sends, unless it is asked for', async () => {
    @Injectable()
    class ChatHandlers {
      @OnC2C()
      never(@Sender() sender: ImSession): void {
        throw new ImRejection(`refused ${sender.userId} on ${sender.deviceType}`)
      }
    }
    const chat = await start([ChatHandlers])
    const message = { from: 'ann', to: 'bob', type: 'order', content: {} }
    expect((await chat.im.sendC2C(message)).seq).toBe(1)
    await expect(chat.im.sendC2C({ ...message, checked: true })).rejects.toThrow('refused ann on server')
  })

  it('that answers with something that is no content makes the send fail, and is logged', async () => {
    @Injectable()
    class ChatHandlers {
      @OnC2C()
      wrong(): string {
        return 'yes'
      }
    }
    const chat = await start([ChatHandlers])
    expect(await codeOf((await chat.online('ann')).send('bob', 'x'))).toBe('INTERNAL')
    expect(lines.some(({ text }) => text.includes('what a handler or schema made of text'))).toBe(true)
  })
})

describe('enhancers', () => {
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
    @OnC2C('guarded')
    @UseGuards(Deny)
    guarded(): void {
      log.push('called')
    }
    @OnC2C('piped')
    piped(@MessageBody('text', Suffix) text: string): object {
      return { text }
    }
    @OnC2C('intercepted')
    @UseInterceptors(Wrap)
    intercepted(@MessageBody() content: object): object {
      return content
    }
    @OnC2C('filtered')
    @UseFilters(TypeErrors)
    filtered(): void {
      throw new TypeError('not like this')
    }
    @OnC2C('admin')
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
    const ann = await chat.online('ann')
    await expect(ann.send('bob', 'x', { type: 'guarded' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(ann.send('bob', 'x', { type: 'filtered' })).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'translated: not like this',
    })
    await ann.send('bob', 'x', { type: 'piped' })
    await ann.send('bob', 'x', { type: 'intercepted' })
    await chat.settle()
    expect(ann.messages.map(({ content }) => content)).toEqual([{ text: 'x!' }, { text: 'x', wrapped: true }])
    expect(log).toEqual(['before'])
  })

  it('made for HTTP read user and headers of the handshake, for messages and topics alike', async () => {
    const chat = await start([ChatHandlers])
    const [ann, admin] = [await chat.online('ann'), await chat.online('admin')]
    const old = await chat.online('admin', { deviceType: 'pc', headers: { 'x-app': 'old' } })
    expect(await codeOf(ann.send('bob', 'x', { type: 'admin' }))).toBe('FORBIDDEN')
    expect(await codeOf(old.send('bob', 'x', { type: 'admin' }))).toBe('FORBIDDEN')
    expect(await codeOf(admin.send('bob', 'x', { type: 'admin' }))).toBe('ok')
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
      @OnC2C('text')
      text(@MessageBody() content: object): object {
        return content
      }
    }
    const chat = await start([
      Echo,
      { provide: APP_GUARD, useClass: AppGuard },
      { provide: APP_INTERCEPTOR, useClass: AppInterceptor },
    ])
    const ann = await chat.online('ann')
    await ann.send('bob', 'hi')
    await chat.settle()
    expect(ann.messages[0]!.content).toEqual({ text: 'hi', app: true })
    const blocked = await chat.online('bob', { headers: { 'x-blocked': '1' } })
    expect(await codeOf(blocked.send('ann', 'hi'))).toBe('FORBIDDEN')
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
      @OnC2C('text')
      text(): void {
        throw new ForbiddenException('not you')
      }
      @OnC2S('topic')
      topic(): void {
        throw new ImRejection('not now')
      }
    }
    const chat = await start([Refusing, { provide: APP_FILTER, useClass: HttpFilter }])
    const ann = await chat.online('ann')
    await expect(ann.send('bob', 'x')).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'not you' })
    await expect(ann.topic('topic')).rejects.toMatchObject({ code: 'REJECTED', message: 'not now' })
    await chat.settle()
    expect(ann.messages).toEqual([])
  })

  it('a filter that fails is told in the log once for each handler, however often it fails', async () => {
    @Catch()
    class HttpFilter implements ExceptionFilter {
      catch(_: Error, host: ArgumentsHost): void {
        host.switchToHttp().getResponse<{ status(code: number): void }>().status(500)
      }
    }
    @Injectable()
    class Refusing {
      @OnC2C('text')
      @UseFilters(HttpFilter)
      text(): void {
        throw new ForbiddenException()
      }
    }
    const chat = await start([Refusing])
    const ann = await chat.online('ann')
    for (let i = 0; i < 3; i++) expect(await codeOf(ann.send('bob', 'x'))).toBe('FORBIDDEN')
    const told = lines.filter(({ text }) => text.includes('an exception filter threw'))
    expect(told).toHaveLength(1)
    expect(told[0]!.text).toContain('Refusing.text')
  })
})

describe('what a handler throws', () => {
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
    ['a 500', { code: 'INTERNAL', message: 'something went wrong on the server', details: { id: expect.any(String) } }],
    ['a 503', { code: 'INTERNAL', message: 'something went wrong on the server' }],
    ['a WsException', { code: 'REJECTED', message: 'no' }],
    ['a WsException with fields', { code: 'REJECTED', message: 'no', details: { why: 'because' } }],
    ['an ImRejection', { code: 'REJECTED', message: 'no', details: { why: 'because' } }],
    ['a RookeryError', { code: 'NOT_FOUND', message: 'nothing here' }],
    ['an error', { code: 'INTERNAL', message: 'something went wrong on the server' }],
    ['a text', { code: 'INTERNAL', message: 'something went wrong on the server' }],
    ['nothing', { code: 'INTERNAL' }],
    ['details that are no JSON', { code: 'REJECTED', message: 'round' }],
  ])('%s', async (what, expected) => {
    @Injectable()
    class Throwing {
      @OnC2C('text')
      text(): void {
        throw thrown[what]
      }
      @OnC2S('topic')
      topic(): void {
        throw thrown[what]
      }
      @AfterC2C('after')
      after(): void {
        throw thrown[what]
      }
    }
    const chat = await start([Throwing])
    const ann = await chat.online('ann')
    const refusal = await ann.send('bob', 'x').catch((error: RookeryError) => error.toWire())
    expect(refusal).toMatchObject(expected)
    await expect(ann.topic('topic')).rejects.toMatchObject(expected)
    expect(JSON.stringify(refusal)).not.toContain('secret')
    expect(ann.messages).toEqual([])
    // Another conversation: what may be tried again holds back the first one.
    await ann.send('carl', 'x', { type: 'after' })
    await chat.settle()
    expect(ann.messages).toHaveLength(1)
  })

  it('by its pipe names what is wrong', async () => {
    @Injectable()
    class ChatHandlers {
      @OnC2C('offer')
      offer(@MessageBody(new ValidationPipe()) _: OfferDto): void {}
    }
    const chat = await start([ChatHandlers])
    await expect((await chat.online('ann')).send('bob', { price: 0 }, { type: 'offer' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: ['price must not be less than 1'],
    })
  })
})

describe('an after-handler', () => {
  it('runs once for what was stored, with what it became, and not for a repeat or a refusal', async () => {
    const seen: [Draft, Sent, string][] = []
    @Injectable()
    class ChatHandlers {
      @OnC2C('text')
      before(@MessageBody('text') text: string): object {
        if (text === 'no') throw new ImRejection('no')
        return { text: text.toUpperCase() }
      }
      @AfterC2C('text')
      failing(): void {
        throw new Error('of the first')
      }
      @AfterC2C()
      after(@ImMessage() message: Draft, @Stored() sent: Sent, @Sender() sender: ImSession): void {
        seen.push([message, sent, sender.userId])
      }
    }
    const chat = await start([ChatHandlers])
    const ann = await chat.online('ann')
    const sent = await ann.send('bob', 'hi', { clientMsgId: 'm1' })
    await ann.send('bob', 'hi', { clientMsgId: 'm1' })
    await ann.send('bob', 'no').catch(() => {})
    await chat.settle()
    expect(seen).toEqual([[expect.objectContaining({ content: { text: 'HI' } }), sent, 'ann']])
    expect(lines.filter(({ text }) => text.includes('an after-handler failed'))).toHaveLength(1)
  })
})

describe('a topic', () => {
  it('is answered by what its handler returns, as JSON', async () => {
    @Injectable()
    class Topics {
      @OnC2S('listing.view')
      async view(@MessageBody('listingId') listingId: number): Promise<object> {
        return { listingId, at: new Date(0) }
      }
      @OnC2S('void')
      nothing(): void {}
    }
    const chat = await start([Topics])
    const ann = await chat.online('ann')
    expect(await ann.topic('listing.view', { listingId: 7 })).toEqual({ listingId: 7, at: '1970-01-01T00:00:00.000Z' })
    expect(await ann.topic('void')).toBeNull()
    expect(await codeOf(ann.topic('unknown'))).toBe('NOT_FOUND')
  })
})

describe('on connect', () => {
  it('guards run, and a throw refuses the client under its code', async () => {
    const seen: string[] = []
    @Injectable()
    class AppVersion implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        return context.switchToHttp().getRequest<ImSession>().headers['x-app'] !== 'old'
      }
    }
    @Injectable()
    class Connecting {
      @OnConnect()
      @UseGuards(AppVersion)
      connect(@Sender() session: ImSession): void {
        if (session.deviceType === 'web') throw new ImRejection('no browsers')
        seen.push(session.userId)
      }
    }
    const chat = await start([Connecting])
    await chat.online('ann')
    expect(await codeOf(chat.online('bob', { headers: { 'x-app': 'old' } }))).toBe('FORBIDDEN')
    expect(await codeOf(chat.online('bob', { deviceType: 'web' }))).toBe('REJECTED')
    expect(seen).toEqual(['ann'])
    expect((await chat.im.presence(['ann', 'bob'])).map(({ online }) => online)).toEqual([true, false])
  })
})

describe('request-scoped', () => {
  it('handlers are made for each call, with the session as their request', async () => {
    let made = 0
    const seen: string[] = []
    @Injectable({ scope: Scope.REQUEST })
    class ChatHandlers {
      constructor(@Inject(REQUEST) private readonly request: ImSession) {
        made++
      }
      @OnC2C('text')
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
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob', { deviceType: 'pc' })]
    await Promise.all([ann.send('bob', 'one'), bob.send('ann', 'two')])
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
      @OnC2C('text')
      @UseFilters(Filter)
      text(): void {
        throw new TypeError()
      }
    }
    const chat = await start([Who, ChatHandlers, { provide: APP_GUARD, useClass: AppGuard }])
    expect(await codeOf((await chat.online('blocked')).send('bob', 'x'))).toBe('FORBIDDEN')
    await expect((await chat.online('ann')).send('bob', 'x')).rejects.toThrow('not for ann')
  })
})

describe('time', () => {
  it('a slow handler delays only its own session, and only what it sends later to that conversation', async () => {
    let go: () => void = () => {}
    @Injectable()
    class ChatHandlers {
      @OnC2C('slow')
      slow(): Promise<void> {
        return new Promise((resolve) => (go = resolve))
      }
    }
    const chat = await start([ChatHandlers])
    const ann = await chat.online('ann')
    const [pc, bob] = [await chat.online('ann', { deviceType: 'pc' }), await chat.online('bob')]
    const answered: string[] = []
    const note = (name: string) => (): void => {
      answered.push(name)
    }
    const sending = [
      ann.send('bob', 'x', { type: 'slow' }).then(note('slow')),
      ann.send('bob', 'later').then(note('later, same conversation')),
      ann.send('carl', 'x').then(note('another conversation')),
      pc.send('bob', 'x').then(note('another session')),
      bob.send('ann', 'x').then(note('the other side')),
      chat.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: {} }).then(note('the host')),
    ]
    await chat.settle()
    expect([...answered].sort()).toEqual(['another conversation', 'another session', 'the host', 'the other side'])
    go()
    await Promise.all(sending)
    expect(answered.slice(-2)).toEqual(['slow', 'later, same conversation'])
  })

  it('one that never settles meets a deadline; the client may try again, and nothing is stored meanwhile', async () => {
    let calls = 0
    @Injectable()
    class ChatHandlers {
      @OnC2C('text')
      text(): Promise<void> | void {
        if (++calls === 1) return new Promise(() => {})
      }
      @OnC2S('never')
      never(): Promise<void> {
        return new Promise(() => {})
      }
      @OnConnect()
      connect(@Sender() { userId }: ImSession): Promise<void> | void {
        if (userId === 'late') return new Promise(() => {})
      }
    }
    const chat = await start([ChatHandlers], { timing: { handlerDeadlineMs: 1000 } })
    const ann = await chat.online('ann')
    const outcomes = [
      codeOf(ann.send('bob', 'hi', { clientMsgId: 'm1' })),
      codeOf(ann.topic('never')),
      codeOf(chat.online('late')),
    ]
    await chat.advance(1001)
    expect(await Promise.all(outcomes)).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
    expect(ann.messages).toEqual([])
    expect((await ann.send('bob', 'hi', { clientMsgId: 'm1' })).seq).toBe(1)
  })

  it('one that itself sends through ImService to the same conversation does not wait for itself', async () => {
    @Injectable()
    class ChatHandlers {
      constructor(private readonly im: ImService) {}
      @OnC2C('text')
      async text(@Sender() { userId }: ImSession, @ImMessage() { to }: Draft): Promise<void> {
        await this.im.sendC2C({ from: userId, to, type: 'notice', content: {} })
      }
    }
    const chat = await start([ChatHandlers])
    const ann = await chat.online('ann')
    expect((await ann.send('bob', 'hi')).seq).toBe(2)
    await chat.settle()
    expect(ann.messages.map(({ type }) => type)).toEqual(['notice', 'text'])
  })
})

describe('at the start', () => {
  const failure = (...args: Parameters<typeof start>): Promise<string> =>
    start(...args).then(
      () => 'it started',
      (error: Error) => error.message,
    )

  it('two handlers for one topic are told in one line that names both', async () => {
    @Injectable()
    class One {
      @OnC2S('view')
      view(): void {}
    }
    @Injectable()
    class Two {
      @OnC2S('view')
      look(): void {}
    }
    expect(await failure([One, Two])).toBe(
      'Both One.view and Two.look answer the topic view: a topic has one handler, remove one @OnC2S.',
    )
  })

  it.each([
    [
      OnC2C('im.recall'),
      "H.run is for im.recall: types that begin with im. are the server's own, and pass no handler.",
    ],
    [OnC2C(''), 'H.run is for the message type "": use 1 to 64 printable ASCII characters.'],
    [OnC2S('two words'), 'H.run is for the topic "two words": use 1 to 64 printable ASCII characters.'],
  ])('a handler for what cannot come is told in one line', async (decorator, line) => {
    class H {
      run(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(H.prototype, 'run')!
    decorator(H.prototype, 'run', descriptor)
    expect(await failure([H])).toBe(line)
  })

  it('handlers are found in controllers and imported modules, once though provided under two names', async () => {
    const seen: string[] = []
    @Injectable()
    class Shared {
      @OnC2C('text')
      text(): void {
        seen.push('shared')
      }
    }
    @Module({ providers: [Shared, { provide: 'ALIAS', useExisting: Shared }], exports: [Shared, 'ALIAS'] })
    class SharedModule {}
    const chat = await start([], {}, [SharedModule])
    await (await chat.online('ann')).send('bob', 'x')
    expect(seen).toEqual(['shared'])
  })
})

it('a host without handlers keeps nothing for them: sessions hold no headers', async () => {
  const seen: unknown[] = []
  const handlers: Handlers = {
    before: () => async (session) => void seen.push(session.headers),
    after: () => undefined,
    topic: () => undefined,
  }
  const headers = { 'x-app': 'shop' }
  const withHandlers = await start([], { handlers })
  await (await withHandlers.online('ann', { headers })).send('bob', 'x')
  expect(seen).toEqual([headers])
  const asked: unknown[] = []
  const without = await start([], {
    authenticate: (credentials) => {
      asked.push(credentials.headers)
      return { userId: credentials.token }
    },
  })
  const ann = await without.online('ann', { headers })
  await ann.ask('auth.refresh', { token: 'ann' })
  // A refresh asks with what the session kept.
  expect(asked).toEqual([headers, {}])
})
