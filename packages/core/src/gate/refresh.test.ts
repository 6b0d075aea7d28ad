// auth.refresh: a session continues with a new token, by the rules of a login.
import { describe, expect, it } from 'vitest'
import { MemoryStorage } from '../memory/memory-storage.js'
import type { Credentials, Identity } from '../ports/host.js'
import { FakeDevice, settle, TestNode } from '@rookery/testing'

/** A host that answers one token when the test says so, and every other token at once. */
function slowHost() {
  const asked: Credentials[] = []
  const waiting = new Map<string, (identity: Identity | null) => void>()
  const authenticate = (credentials: Credentials): Promise<Identity | null> => {
    asked.push(credentials)
    const { token } = credentials
    if (!token.startsWith('slow')) return Promise.resolve({ userId: token.split(' ')[0]! })
    return new Promise((resolve) => waiting.set(token, resolve))
  }
  return { asked, authenticate, answer: (token: string) => waiting.get(token)!({ userId: 'ann', user: token }) }
}

describe('a refresh', () => {
  it.each(['slow token', undefined])('is refused where its token is revoked meanwhile (%s)', async (token) => {
    const { authenticate, answer } = slowHost()
    const node = await TestNode.start({ authenticate })
    const ann = await node.connect('ann')
    const refreshed = ann.request('auth.refresh', { token: 'slow token' })
    await settle()
    await node.rookery.im.revokeToken('ann', token)
    if (token === undefined) return expect(ann.of('kick')).toEqual([{ reason: 'token-revoked' }])
    answer('slow token')
    expect(await refreshed).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE', retryAfterMs: 100 } })
    // The session continues with its old token.
    await node.rookery.im.revokeToken('ann', 'slow token')
    expect(ann.isClosed).toBe(false)
    await node.rookery.im.revokeToken('ann', 'ann')
    expect(ann.of('kick')).toEqual([{ reason: 'token-revoked' }])
  })

  it.each(['ann new', 'ann'])('is found by %s while storage is asked whether somebody kicked', async (token) => {
    const storage = new MemoryStorage()
    const node = await TestNode.start({ storage, authenticate: slowHost().authenticate })
    const ann = await node.connect('ann')
    const { heads } = storage
    const { users } = heads
    let go = (): void => {}
    // The epoch was read before the revocation, and the revocation was heard of afterwards.
    heads.users = async (userIds) => {
      const read = await users(userIds)
      await new Promise<void>((resolve) => (go = resolve))
      return read
    }
    ann.call('auth.refresh', [{ token: 'ann new' }], () => {})
    await settle()
    heads.users = users
    await node.rookery.im.revokeToken('ann', token)
    go()
    await settle()
    expect(ann.of('kick')).toEqual([{ reason: 'token-revoked' }])
  })

  it('comes after the one before it: the last one counts', async () => {
    const { authenticate, answer } = slowHost()
    const node = await TestNode.start({ authenticate })
    const ann = await node.connect('ann')
    const first = ann.request('auth.refresh', { token: 'slow token' })
    const second = ann.request('auth.refresh', { token: 'ann last' })
    await settle()
    answer('slow token')
    expect([(await first).ok, (await second).ok]).toEqual([true, true])
    await node.rookery.im.revokeToken('ann', 'slow token')
    expect(ann.isClosed).toBe(false)
    await node.rookery.im.revokeToken('ann', 'ann last')
    expect(ann.of('kick')).toEqual([{ reason: 'token-revoked' }])
  })

  it('shows authenticate what the handshake showed', async () => {
    const { asked, authenticate } = slowHost()
    const node = await TestNode.start({ authenticate })
    const auth = { token: 'ann', deviceId: 'd', deviceType: 'pc' }
    const headers = { cookie: 'a=b', 'x-tenant': 'north' }
    const ann = await FakeDevice.connect(node.rookery.gate, auth, { headers })
    await ann.ask('auth.refresh', { token: 'ann new' })
    expect(asked[1]).toEqual({ ...asked[0], token: 'ann new' })
    expect(asked[1]).toMatchObject({ headers, ip: '127.0.0.1', deviceId: 'd', deviceType: 'pc' })
  })
})
