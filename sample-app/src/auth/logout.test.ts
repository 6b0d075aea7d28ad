import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestApp, type TestApp } from '../testing/test-app.js'

let app: TestApp

beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app?.close())

const logout = (token: string) => app.post('/auth/logout', undefined, { headers: { authorization: `Bearer ${token}` } })

describe('logout', () => {
  it('ends the token and closes its chat sessions; other tokens stay', async () => {
    const [here, there] = [await app.tokenOf('alice'), await app.tokenOf('alice')]
    const phone = await app.chat.online('alice', { token: here })
    const pc = await app.chat.online('alice', { token: there, deviceType: 'pc' })
    expect((await logout(here)).status).toBe(204)
    await vi.waitFor(() => expect(phone.kicked).toMatchObject({ reason: 'token-revoked' }))
    await expect(phone.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect((await logout(here)).status).toBe(401)
    expect(pc.isOnline).toBe(true)
    await pc.send('bob', 'still here')
  })

  it('twice at the same time counts once', async () => {
    const token = await app.tokenOf('bob')
    const statuses = (await Promise.all([logout(token), logout(token)])).map(({ status }) => status)
    expect(statuses).toContain(204)
    expect(statuses.every((status) => status === 204 || status === 401)).toBe(true)
  })
})
