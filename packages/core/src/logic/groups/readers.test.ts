import { describe, expect, it } from 'vitest'
import { readersOf } from './readers.js'

const join = [{ userId: 'cay', role: 'member', reads: 'from-now' }] as never

describe('the readers of a message of a group', () => {
  it('are its members, and the users who join by it', () => {
    const group = { fanOut: 'write', userIds: ['ann', 'bob'] } as const
    // The same array: a message that changes no member makes no new one.
    expect(readersOf(group)).toBe(group.userIds)
    expect(readersOf(group, { name: 'other' })).toBe(group.userIds)
    expect(readersOf(group, { leave: ['bob'] } as never)).toEqual(['ann', 'bob'])
    expect(readersOf(group, { join })).toEqual(['ann', 'bob', 'cay'])
    expect(readersOf(null, { join })).toEqual(['cay'])
  })

  it('are nobody where it is fanned out on read, or becomes so', () => {
    expect(readersOf({ fanOut: 'read', userIds: ['ann'] }, { join })).toEqual([])
    expect(readersOf({ fanOut: 'write', userIds: ['ann'] }, { join, fanOut: 'read' })).toEqual([])
    expect(readersOf(null, { join, fanOut: 'read' })).toEqual([])
  })
})
