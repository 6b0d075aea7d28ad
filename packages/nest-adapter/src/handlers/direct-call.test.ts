// What is called directly does what Nest's own external context does, whatever guards, pipes, parameters and methods give.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type PipeTransform,
  UseGuards,
  UsePipes,
} from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { MessageBody } from '@nestjs/websockets'
import { defer, of, throwError } from 'rxjs'
import { afterAll, describe, expect, it } from 'vitest'
import { start } from '../../testing/chat-app.js'
import { OnC2C, OnC2S } from '../index.js'
import { type CallArguments, CallSession } from './call.js'
import { directCall } from './direct-call.js'
import { parametersFactory, parametersKey } from './parameters.js'

const log: string[] = []
const say = <T>(what: string, value: T): T => (log.push(what), value)

type Answers = Readonly<Record<string, () => unknown>>

const guards: Answers = {
  none: () => true,
  'that lets through': () => say('guard', true),
  'that lets through later': async () => say('guard', true),
  'that lets through in an observable': () => say('guard', of(true)),
  'that lets through by an observable in a promise': async () => say('guard', of(true)),
  'that refuses': () => say('guard', false),
  'that refuses later': async () => say('guard', false),
  'that answers nothing': () => say('guard', undefined),
  'that throws': () => {
    throw new TypeError('guard')
  },
  'that fails later': () => Promise.reject(new TypeError('guard')),
}
const pipes: Answers = {
  none: () => 'as it was',
  'at once': () => say('pipe', 'piped'),
  later: async () => say('pipe', 'piped'),
  'that throws': () => {
    throw new RangeError('pipe')
  },
  'that fails later': () => Promise.reject(new RangeError('pipe')),
}
const methods: Answers = {
  nothing: () => undefined,
  'at once': () => ({ a: 1 }),
  later: async () => ({ a: 1 }),
  'an observable': () => of(1, 2),
  'an observable that fails': () => throwError(() => new SyntaxError('method')),
  'an observable later': async () => defer(async () => 3),
  'a throw': () => {
    throw new SyntaxError('method')
  },
  'a failure later': () => Promise.reject(new SyntaxError('method')),
}

/** What each step of the next call gives. */
let next: { guard: () => unknown; pipe: () => unknown; method: () => unknown; taken: () => unknown }

@Injectable()
class Guard implements CanActivate {
  canActivate(context: ExecutionContext): never {
    log.push(`${context.getType()} ${context.getClass().name}.${context.getHandler().name} ${context.getArgs().length}`)
    return next.guard() as never
  }
}
@Injectable()
class Second implements CanActivate {
  canActivate = (): boolean => say('second guard', true)
}
@Injectable()
class Pipe implements PipeTransform {
  transform(value: unknown, { type, data, metatype }: { type: string; data?: unknown; metatype?: { name: string } }) {
    log.push(`${String(value)} ${type} ${String(data)} ${metatype?.name}`)
    return next.pipe()
  }
}
@Injectable()
class Last implements PipeTransform {
  transform = (value: unknown): unknown => say(`last ${String(value)}`, value)
}
const Taken = createParamDecorator(() => next.taken())

@Injectable()
class Handlers {
  @UseGuards(Guard, Second)
  @UsePipes(Pipe, Last)
  decorated(
    @Taken('x') taken: unknown,
    @MessageBody('text', Last) text: string,
    _: unknown,
    @MessageBody() all: object,
  ) {
    log.push(`called with ${String(taken)}, ${text}, ${JSON.stringify(all)}, of ${arguments.length}`)
    return next.method()
  }
  bare(...args: unknown[]) {
    log.push(`called with ${args.length} ${String(args[3])} ${this instanceof Handlers}`)
    return next.method()
  }
}

const app = await Test.createTestingModule({ providers: [Handlers, Guard, Second, Pipe, Last] }).compile()
afterAll(() => app.close())
const session = new CallSession({
  sessionId: 's',
  userId: 'u',
  deviceId: 'd',
  deviceType: 'web',
  user: undefined,
  headers: {},
  ip: '',
})
const args: CallArguments = [session, { text: 'hello' }, null, 'pattern']

/** Parameters are taken side by side: in which order their pipes run is nobody's business, nor whether all of them do. */
async function outcome(call: () => unknown): Promise<unknown[]> {
  log.length = 0
  try {
    const given = await call()
    return ['gave', given, ...log.toSorted()]
  } catch (error) {
    const { name } = (error as Error).constructor
    const called = log.filter((line) => line.startsWith('called') || line.includes('guard'))
    return ['failed', name, (error as Error).message, ...called]
  }
}

function bothWays(name: 'decorated' | 'bare') {
  const instance = app.get(Handlers)
  const method = instance[name] as (...args: unknown[]) => unknown
  const make = (creator: ExternalContextCreator) =>
    creator.create(
      instance as unknown as Record<string, unknown>,
      method,
      name,
      parametersKey,
      parametersFactory,
      undefined,
      undefined,
      { guards: true, interceptors: true, filters: false },
      'im',
    )
  const creator = app.get(ExternalContextCreator, { strict: false })
  return { direct: directCall(creator, 'im', instance, method, make), nests: make(creator) }
}

describe.each(Object.keys(guards))('with a guard %s', (guard) => {
  it.each(Object.keys(pipes))('and a pipe %s, it does what Nest does', async (pipe) => {
    const { direct, nests } = bothWays('decorated')
    for (const [method, answer] of Object.entries(methods))
      for (const taken of [() => 't', async () => 't', () => Promise.reject(new EvalError('taken'))]) {
        next = { guard: guards[guard]!, pipe: pipes[pipe]!, method: answer, taken }
        expect(await outcome(() => direct(args)), method).toEqual(await outcome(() => nests(...args)))
      }
  })
})

it('without decorated parameters a method gets what the context holds', async () => {
  const { direct, nests } = bothWays('bare')
  for (const method of Object.values(methods)) {
    next = { ...next, method }
    expect(await outcome(() => direct(args))).toEqual(await outcome(() => nests(...args)))
  }
})

it('what all steps give at once is there at once', () => {
  const { direct } = bothWays('decorated')
  next = { guard: guards['that lets through']!, pipe: pipes['at once']!, method: methods['at once']!, taken: () => 't' }
  expect(direct(args)).toEqual({ a: 1 })
})

it('a creator that is built in another way is used as it is', async () => {
  const calls: unknown[] = []
  const creator = { create: () => undefined } as unknown as ExternalContextCreator
  const call = directCall(
    creator,
    'im',
    {},
    () => 'not this',
    (given) => {
      expect(given).toBe(creator)
      return (...all) => calls.push(all)
    },
  )
  call(args)
  expect(calls).toEqual([[...args]])
})

it('a context that a guard or a handler enters ends with the call', async () => {
  const context = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  @Injectable()
  class Enters implements CanActivate {
    canActivate(): boolean {
      seen.push(context.getStore())
      context.enterWith('entered')
      return true
    }
  }
  @Injectable()
  class Chat {
    @OnC2C()
    @UseGuards(Enters)
    any(): void {
      seen.push(context.getStore())
    }
    @OnC2S('ask')
    ask(): null {
      seen.push(context.getStore())
      return null
    }
  }
  const chat = await start([Chat])
  const ann = await chat.online('ann')
  // Of the first it is not known yet whether the conversation exists; the others are called where they come in.
  for (const text of ['one', 'two', 'three']) await ann.send('bob', text)
  await ann.ask('c2s', { topic: 'ask', payload: {} })
  expect(seen).toEqual([...Array.from({ length: 3 }, () => [undefined, 'entered']), undefined].flat())
})
