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
import {
  AfterC2C,
  AfterC2G,
  ImMessage,
  ImRejection,
  ImService,
  OnC2C,
  OnC2G,
  OnC2S,
  OnConnect,
  Sender,
  Stored,
} from '../index.js'
import { codeOf, lines, start } from '../../testing/chat-app.js'
import { kinds } from '../../testing/kinds.js'

class OfferDto {
  @IsInt()
  @Min(1)
  price!: number
}

describe.each(kinds)('a before-handler ($kind)', ({ On, open }) => {
  it('refuses by throwing, and a refused message is not stored', async () => {
    @Injectable()
    class ChatHandlers {
      @On({ type: 'text' })
      check(@MessageBody('text') text: string): void {
        if (text.includes('spam')) throw new ImRejection('no spam here', { word: 'spam' })
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    await expect(room.send(ann, 'spam!')).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'no spam here',
      details: { word: 'spam' },
    })
    await room.send(ann, 'ham')
    await chat.settle()
    expect([ann.texts, bob.texts]).toEqual([['ham'], ['ham']])
    expect((await chat.im.history({ conversationId: room.conversationId })).messages.at(-1)!.seq).toBe(room.firstSeq)
  })

  it('changes the content by what it returns; returning nothing, or changing its argument, leaves it', async () => {
    @Injectable()
    class ChatHandlers {
      @On('offer')
      @UsePipes(new ValidationPipe({ transform: true }))
      offer(@MessageBody() offer: OfferDto, @Sender() sender: ImSession): object {
        expect(offer).toBeInstanceOf(OfferDto)
        return Object.assign(offer, { by: sender.userId, at: new Date(0) })
      }

      @On('text')
      text(@MessageBody() content: Record<string, unknown>, @ImMessage() message: Draft): void {
        content.text = 'changed'
        message.content.text = 'changed, too'
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    await room.send(ann, { price: 7 }, { type: 'offer' })
    await room.send(ann, 'mine')
    await chat.settle()
    expect(room.said(ann).map(({ content }) => content)).toEqual([
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
      @On('text')
      @UseInterceptors(Spy)
      text(@Pattern() pattern: string, @Sender() sender: ImSession, @ImMessage() message: Draft): void {
        seen.push(pattern, sender.deviceType, message.to)
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann', { deviceType: 'pad', headers: { 'x-app': 'shop' } })
    await room.send(ann, 'hi', { clientMsgId: 'm1' })
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
      { clientMsgId: 'm1', from: 'ann', to: room.to('ann'), subject: '', type: 'text', content: { text: 'hi' } },
      'text',
      'text',
      'pad',
      room.to('ann'),
    ])
  })

  it('runs with others for the same message: those for every type first, each with the content that the one before returned', async () => {
    const seen: string[] = []
    @Injectable()
    class First {
      @On('text')
      one(@MessageBody('text') text: string): object {
        seen.push(`one ${text}`)
        return { text: `${text}1` }
      }
      @On('text')
      two(@MessageBody('text') text: string): object {
        seen.push(`two ${text}`)
        return { text: `${text}2` }
      }
    }
    @Injectable()
    class Second {
      @On()
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
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    await room.send(ann, 'x')
    await room.send(ann, { text: 'y' }, { type: 'other' })
    await chat.settle()
    expect(seen).toEqual(['every x.', 'one x.0', 'two x.01', 'every y.'])
    expect(room.said(ann).map(({ content }) => content?.text)).toEqual(['x.012', 'y.0'])
  })

  it('does not run for what ImService sends, unless the call sets checked', async () => {
    @Injectable()
    class ChatHandlers {
      @On()
      never(@Sender() sender: ImSession): void {
        throw new ImRejection(`refused ${sender.userId} on ${sender.deviceType}`)
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const message = { from: 'ann', type: 'order', content: {} }
    expect((await room.sendAsHost(message)).seq).toBe(room.firstSeq)
    await expect(room.sendAsHost({ ...message, checked: true })).rejects.toThrow('refused ann on server')
  })

  it('that returns something that is no content makes the send fail, and the log says so', async () => {
    @Injectable()
    class ChatHandlers {
      @On()
      wrong(): string {
        return 'yes'
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    expect(await codeOf(room.send(await chat.online('ann'), 'x'))).toBe('INTERNAL')
    expect(lines.some(({ text }) => text.includes('a handler or schema returned content of type text'))).toBe(true)
  })
})

describe.each(kinds)('an after-handler ($kind)', ({ On, After, open }) => {
  it('runs once for each stored message, with its ids and sequence, and not for a repeat or a refusal', async () => {
    const seen: [Draft, Sent, string][] = []
    @Injectable()
    class ChatHandlers {
      @On('text')
      before(@MessageBody('text') text: string): object {
        if (text === 'no') throw new ImRejection('no')
        return { text: text.toUpperCase() }
      }
      @After('text')
      failing(): void {
        throw new Error('of the first')
      }
      @After()
      after(@ImMessage() message: Draft, @Stored() sent: Sent, @Sender() sender: ImSession): void {
        seen.push([message, sent, sender.userId])
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    const sent = await room.send(ann, 'hi', { clientMsgId: 'm1' })
    await room.send(ann, 'hi', { clientMsgId: 'm1' })
    await room.send(ann, 'no').catch(() => {})
    await chat.settle()
    expect(seen).toEqual([[expect.objectContaining({ content: { text: 'HI' } }), sent, 'ann']])
    expect(lines.filter(({ text }) => text.includes('an after-handler failed'))).toHaveLength(1)
  })
})

describe.each(kinds)('an edit ($kind)', ({ On, After, open }) => {
  it('runs the before-handlers of its message, with the edited place; after-handlers do not run', async () => {
    const seen: [number | undefined, string][] = []
    let stored = 0
    @Injectable()
    class ChatHandlers {
      @On('text')
      check(@MessageBody('text') text: string, @ImMessage() { edits }: Draft): object {
        if (text === 'spam') throw new ImRejection('no spam here')
        seen.push([edits, text])
        return { text: text.toUpperCase() }
      }
      @On('other')
      other(): void {
        seen.push([undefined, 'of another type'])
      }
      @After()
      after(): void {
        stored++
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    const { conversationId, seq } = await room.send(ann, 'one')
    const edit = (text: string): Promise<unknown> => ann.ask('edit', { conversationId, seq, content: { text } })
    expect(await codeOf(edit('spam'))).toBe('REJECTED')
    expect(await edit('two')).toEqual({ seq: seq + 1 })
    await chat.settle()
    expect([seen, stored]).toEqual([
      [
        [undefined, 'one'],
        [seq, 'two'],
      ],
      1,
    ])
    expect((await chat.im.history({ conversationId })).messages.at(-1)!.content).toEqual({ text: 'TWO' })
  })
})

it('of one kind of conversation does not run for the other', async () => {
  const seen: string[] = []
  @Injectable()
  class ChatHandlers {
    @OnC2C()
    before(@ImMessage() { to }: Draft): void {
      seen.push(`c2c to ${to}`)
    }
    @OnC2G()
    beforeInGroup(@ImMessage() { to }: Draft): void {
      seen.push(`c2g to ${to}`)
    }
    @AfterC2C()
    after(): void {
      seen.push('after c2c')
    }
    @AfterC2G()
    afterInGroup(): void {
      seen.push('after c2g')
    }
  }
  const chat = await start([ChatHandlers])
  const ann = await chat.online('ann')
  const { groupId } = await ann.createGroup('cars', ['bob'])
  await ann.send('bob', 'x')
  await chat.settle()
  await ann.sendToGroup(groupId, 'x')
  await chat.settle()
  expect(seen).toEqual(['c2c to bob', 'after c2c', `c2g to ${groupId}`, 'after c2g'])
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

describe.each(kinds)('time ($kind)', ({ kind, On, open }) => {
  it('a slow handler delays only its own session, and only what it sends later to that conversation', async () => {
    let go: () => void = () => {}
    @Injectable()
    class ChatHandlers {
      @On('slow')
      slow(): Promise<void> {
        return new Promise((resolve) => (go = resolve))
      }
    }
    const chat = await start([ChatHandlers])
    const [room, other] = [await open(chat, 'ann', 'bob'), await open(chat, 'ann', 'carl')]
    const ann = await chat.online('ann')
    const [pc, bob] = [await chat.online('ann', { deviceType: 'pc' }), await chat.online('bob')]
    const answered: string[] = []
    const note = (name: string) => (): void => {
      answered.push(name)
    }
    const sending = [
      room.send(ann, 'x', { type: 'slow' }).then(note('slow')),
      room.send(ann, 'later').then(note('later, same conversation')),
      other.send(ann, 'x').then(note('another conversation')),
      room.send(pc, 'x').then(note('another session')),
      room.send(bob, 'x').then(note('the other side')),
      room.sendAsHost({ from: 'ann', type: 'order', content: {} }).then(note('the host')),
    ]
    await chat.settle()
    expect([...answered].sort()).toEqual(['another conversation', 'another session', 'the host', 'the other side'])
    go()
    await Promise.all(sending)
    expect(answered.slice(-2)).toEqual(['slow', 'later, same conversation'])
  })

  it('one that never settles hits the deadline; the client may try again, and nothing is stored meanwhile', async () => {
    let calls = 0
    @Injectable()
    class ChatHandlers {
      @On('text')
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
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    const outcomes = [
      codeOf(room.send(ann, 'hi', { clientMsgId: 'm1' })),
      codeOf(ann.topic('never')),
      codeOf(chat.online('late')),
    ]
    await chat.advance(1001)
    expect(await Promise.all(outcomes)).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'])
    expect(room.said(ann)).toEqual([])
    expect((await room.send(ann, 'hi', { clientMsgId: 'm1' })).seq).toBe(room.firstSeq)
  })

  it('one that sends through ImService to the same conversation does not wait for itself', async () => {
    @Injectable()
    class ChatHandlers {
      constructor(private readonly im: ImService) {}
      @On('text')
      async text(@Sender() { userId: from }: ImSession, @ImMessage() { to }: Draft): Promise<void> {
        const notice = { from, to, type: 'notice', content: {} }
        await (kind === 'c2c' ? this.im.sendC2C(notice) : this.im.sendC2G(notice))
      }
    }
    const chat = await start([ChatHandlers])
    const room = await open(chat, 'ann', 'bob')
    const ann = await chat.online('ann')
    expect((await room.send(ann, 'hi')).seq).toBe(room.firstSeq + 1)
    await chat.settle()
    expect(room.said(ann).map(({ type }) => type)).toEqual(['notice', 'text'])
  })
})

it('handlers see the headers of the handshake, and so does a refresh, with handlers or without', async () => {
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
  expect(asked).toEqual([headers, headers])
})
