import { type DynamicModule, Injectable } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { context, SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { MessageBody } from '@nestjs/websockets'
import { Registry } from 'prom-client'
import { afterAll, expect, it } from 'vitest'
import { ImRejection, MemoryStorageModule, OnC2C, RookeryModule } from '../index.js'
import { RookeryMetricsModule } from '../metrics.js'
import { testChat } from '../testing/index.js'
import { RookeryTracingModule } from '../tracing.js'

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
afterAll(() => context.disable())

it("there is a span for each send, commit and handler, the app's own under the handler's, and no contents in any", async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('test')
  @Injectable()
  class ChatHandlers {
    @OnC2C('text')
    async check(@MessageBody('text') text: string): Promise<void> {
      await tracer.startActiveSpan('of the app', async (span) => span.end())
      if (text.includes('secret')) throw new ImRejection(`not ${text}`)
    }
  }
  const module = await Test.createTestingModule({
    imports: [
      RookeryTracingModule.forRoot({ tracer }),
      // Beside another observer.
      RookeryMetricsModule.forRoot({ registry: new Registry() }),
      RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }) }),
      MemoryStorageModule.forRoot(),
    ],
    providers: [ChatHandlers],
  })
    .setLogger(false)
    .compile()
  await module.init()
  const ann = await testChat(module).online('ann-the-user')
  await ann.send('bob-the-user', 'hello-words')
  await ann.send('bob-the-user', 'secret-words').catch(() => {})
  await module.close()
  const spans = exporter.getFinishedSpans()
  const of = (name: string) => spans.filter((span) => span.name === name)
  expect(of('im.send').map(({ attributes }) => attributes)).toEqual([
    { 'im.kind': 'c2c', 'im.type': 'text', 'im.by': 'session', 'im.outcome': 'stored' },
    { 'im.kind': 'c2c', 'im.type': 'text', 'im.by': 'session', 'im.outcome': 'REJECTED' },
  ])
  expect(of('im.commit').length).toBeGreaterThan(0)
  const handlers = of('im.handler')
  expect(handlers.map(({ attributes, status }) => [attributes['im.on'], attributes['im.name'], status.code])).toEqual([
    ['before', 'text', SpanStatusCode.UNSET],
    ['before', 'text', SpanStatusCode.ERROR],
  ])
  expect(of('of the app').map(({ parentSpanContext }) => parentSpanContext?.spanId)).toEqual(
    handlers.map((span) => span.spanContext().spanId),
  )
  const everything = JSON.stringify(
    spans.map(({ name, attributes, status, events }) => ({ name, attributes, status, events })),
  )
  expect(everything).not.toMatch(/words|-the-user/)
})

it.each<[string, DynamicModule, string]>([
  [
    'a misspelt name for metrics',
    RookeryMetricsModule.forRoot({ prefx: 'chat_' } as object),
    'RookeryMetricsModule option prefx does not exist: known are registry, prefix; did you mean prefix?',
  ],
  [
    'no registry',
    RookeryMetricsModule.forRoot({ registry: {} } as object),
    'RookeryMetricsModule option registry is not a registry: give a Registry of prom-client',
  ],
  [
    'a prefix of another form',
    RookeryMetricsModule.forRoot({ prefix: 'chat-' }),
    "RookeryMetricsModule option prefix has the wrong form: give letters, digits and underscores, such as 'rookery_'",
  ],
  [
    'a misspelt name for spans',
    RookeryTracingModule.forRoot({ trace: 1 } as object),
    'RookeryTracingModule option trace does not exist: known is tracer; did you mean tracer?',
  ],
  [
    'no tracer',
    RookeryTracingModule.forRoot({ tracer: 'rookery' } as object),
    'RookeryTracingModule option tracer is not a tracer: give one of @opentelemetry/api',
  ],
])('%s keeps the app from starting, in one line', async (_, wrong, line) => {
  const chat = RookeryModule.forRoot({ authenticate: () => null })
  const module = Test.createTestingModule({ imports: [wrong, chat, MemoryStorageModule.forRoot()] })
  await expect(module.setLogger(false).compile()).rejects.toThrow(new Error(line))
})
