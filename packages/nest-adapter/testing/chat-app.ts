// An app with handlers, for tests. It runs on virtual time; tokens are user ids; it keeps its log lines.
import type { LoggerService, ModuleMetadata } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import type { RookeryError } from '@rookery/core'
import { afterEach } from 'vitest'
import { MemoryStorageModule, RookeryModule, type RookeryModuleOptions } from '../src/index.js'
import { testChat, VirtualTimeModule, type TestChat } from '../src/testing/index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

export interface Line {
  readonly level: 'log' | 'warn' | 'error'
  readonly text: string
}

/** What the app logged. */
export let lines: Line[] = []
const write =
  (level: Line['level']) =>
  (...parts: unknown[]): void => {
    const words = parts.map((part) => (part instanceof Error ? `${part.message}\n${part.stack}` : String(part)))
    lines.push({ level, text: words.join(' ') })
  }
const logger: LoggerService = { log: write('log'), warn: write('warn'), error: write('error') }

/** Starts an app with these handlers, on virtual time. Tokens are user ids. */
export async function start(
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

/** The code of the refusal, or `ok`. */
export const codeOf = async (sending: Promise<unknown>): Promise<string> =>
  sending.then(
    () => 'ok',
    (error: RookeryError) => error.code,
  )
