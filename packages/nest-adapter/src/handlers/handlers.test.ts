import {
  type CallHandler,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common'
import { MessageBody } from '@nestjs/websockets'
import { type Draft, type Handlers, type ImSession, type Sent } from '@rookery/core'
import { IsInt, Min } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { AfterC2C, ImMessage, ImRejection, ImService, OnC2C, OnC2S, OnConnect, Sender, Stored } from '../index.js'
import { codeOf, lines, start } from '../../testing/chat-app.js'

class OfferDto {
  @IsInt()
  @Min(1)
  price!: number
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
