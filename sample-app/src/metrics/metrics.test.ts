import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

it('chat is counted beside the process', async () => {
  const alice = await app.chat.online('alice')
  await alice.send('bob', 'hello')
  await expect(alice.send('bob', 'a forbidden-word')).rejects.toMatchObject({ code: 'REJECTED' })
  await vi.waitFor(async () => {
    const figures = await app.figures()
    expect(figures).toContain('rookery_sessions{device_type="phone"} 1\n')
    expect(figures).toMatch(/^rookery_sends_total\{.*outcome="REJECTED".*\} 1$/m)
    expect(figures).toMatch(/^process_cpu_seconds_total \d/m)
  })
})
