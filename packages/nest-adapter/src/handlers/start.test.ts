import { Injectable, Module } from '@nestjs/common'
import { describe, expect, it } from 'vitest'
import { OnC2C, OnC2S } from '../index.js'
import { start } from '../../testing/chat-app.js'

describe('at the start', () => {
  const failure = (...args: Parameters<typeof start>): Promise<string> =>
    start(...args).then(
      () => 'it started',
      (error: Error) => error.message,
    )

  it('two handlers for one topic give one line that names both', async () => {
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

  it('handlers are found in controllers and imported modules; a class under two tokens counts once', async () => {
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
