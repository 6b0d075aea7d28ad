// A direct call does what Nest's own external context does, whatever guards, pipes, parameters and methods return.
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type CallHandler,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common'
import { ExternalContextCreator } from '@nestjs/core'
import { Test } from '@nestjs/testing'
import { MessageBody } from '@nestjs/websockets'
import { catchError, defer, EMPTY, map, of, retry, tap, throwError } from 'rxjs'
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
const context = new AsyncLocalStorage<string>()
const interceptors: Readonly<Record<string, (handler: CallHandler) => unknown>> = {
  'that lets through': (handler) => handler.handle(),
  'that lets through later': async (handler) => handler.handle(),
  'that looks at what is given': (handler) => handler.handle().pipe(tap((value) => log.push(`sees ${String(value)}`))),
  'that looks later': async (handler) => handler.handle().pipe(tap((value) => log.push(`sees ${String(value)}`))),
  'that gives something else': (handler) => handler.handle().pipe(map(() => 'else')),
  'that gives several': (handler) => handler.handle().pipe(map((value) => [value])),
  'that tries again': (handler) => handler.handle().pipe(retry(2)),
  'that catches': (handler) =>
    handler.handle().pipe(catchError((error: Error) => of(`caught ${error.constructor.name}`))),
  'that never lets through': () => of('instead'),
  'that gives no stream': () => ['a', 'b'],
  'that gives nothing': () => undefined,
  'that gives an empty stream': () => EMPTY,
  'that asks twice and gives the first': (handler) => {
    const first = handler.handle()
    handler.handle()
    return first
  },
  'that sets a context': (handler) => context.run('set', () => handler.handle()),
  'that sets a context and looks': (handler) =>
    context.run('set', () => handler.handle().pipe(tap(() => log.push(`outside ${context.getStore()}`)))),
  'that throws': () => {
    throw new URIError('interceptor')
  },
  'that fails later': () => Promise.reject(new URIError('interceptor')),
}

/** What each step of the next call returns. */
let next: {
  guard: () => unknown
  pipe: () => unknown
  method: () => unknown
  taken: () => unknown
  outer?: (handler: CallHandler) => unknown
  inner?: (handler: CallHandler) => unknown
}

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
@Injectable()
class Outer implements NestInterceptor {
  intercept(given: ExecutionContext, handler: CallHandler): never {
    log.push(`outer ${given.getType()} ${given.getHandler().name} ${given.getArgs().length}`)
    return next.outer!(handler) as never
  }
}
@Injectable()
class Inner implements NestInterceptor {
  intercept = (_: ExecutionContext, handler: CallHandler): never => say('inner', next.inner!(handler) as never)
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
  @UseInterceptors(Outer, Inner)
  watched(@MessageBody('text', Last) text: string) {
    log.push(`called with ${text}, in ${context.getStore()}`)
    return next.method()
  }
  bare(...args: unknown[]) {
    log.push(`called with ${args.length} ${String(args[3])} ${this instanceof Handlers}`)
    return next.method()
  }
}

const app = await Test.createTestingModule({ providers: [Handlers, Guard, Second, Pipe, Last, Outer, Inner] }).compile()
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

/** Parameters are resolved side by side: the order of their pipes does not matter, nor whether all of them run. */
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

function bothWays(name: 'decorated' | 'watched' | 'bare') {
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

describe.each(Object.keys(interceptors))('with an interceptor %s', (outer) => {
  it.each(Object.keys(interceptors))('and inside of it one %s, it does what Nest does', async (inner) => {
    const { direct, nests } = bothWays('watched')
    for (const [method, answer] of Object.entries({ ...methods, 'a list': () => [1, 2] })) {
      next = { ...next, outer: interceptors[outer]!, inner: interceptors[inner]!, method: answer }
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

it('if all steps are synchronous, so is the call', () => {
  const { direct } = bothWays('decorated')
  next = { guard: guards['that lets through']!, pipe: pipes['at once']!, method: methods['at once']!, taken: () => 't' }
  expect(direct(args)).toEqual({ a: 1 })
})

it('if interceptors let it through synchronously, the call is synchronous', () => {
  const { direct } = bothWays('watched')
  const through = interceptors['that lets through']!
  next = { ...next, outer: through, inner: interceptors['that sets a context']!, method: methods['at once']! }
  expect(direct(args)).toEqual({ a: 1 })
  expect(log.at(-1)).toBe('called with hello, in set')
})

it('a creator that is built in another way stays unchanged', async () => {
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
  // For the first message it is not known yet whether the conversation exists; for the others the server calls the
  // handler at once.
  for (const text of ['one', 'two', 'three']) await ann.send('bob', text)
  await ann.ask('c2s', { topic: 'ask', payload: {} })
  expect(seen).toEqual([...Array.from({ length: 3 }, () => [undefined, 'entered']), undefined].flat())
})
