import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

describe('health', () => {
  it('is 200 with every part, while it can serve', async () => {
    const { status, body } = await app.get('/health')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { database: { status: 'up' }, chat: { status: 'up' } } },
    })
  })

  it('is 503 with the reason, when the database is gone; chat in its own file goes on', async () => {
    await app.database.destroy()
    const { status, body } = await app.get('/health')
    expect({ status, body }).toMatchObject({
      status: 503,
      body: {
        status: 'error',
        error: { database: { status: 'down', message: expect.any(String) } },
        info: { chat: { status: 'up' } },
      },
    })
  })
})
