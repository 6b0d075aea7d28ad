import type { Message } from '@rookery/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ControlRow } from '../ports/rows.js'
import { changeOf, fold, merge } from './fold.js'

const said: Message = {
  ...{ msgId: 'm1', clientMsgId: 'k1', conversationId: 'c1', seq: 1, from: 'bob', type: 'text', serverTime: 1 },
  content: { text: 'the words' },
}
const change = (seq: number, type: string, content: object, from = 'bob'): ControlRow =>
  changeOf({ ...said, msgId: `m${seq}`, seq, type, content: { seq: 1, ...content }, from, serverTime: seq })
const recall = (seq: number): ControlRow => change(seq, 'im.recall', {})
const edit = (seq: number, text: string): ControlRow => change(seq, 'im.edit', { content: { text } })
const react = (seq: number, from: string, remove = false): ControlRow =>
  change(seq, 'im.reaction', { reaction: '👍', remove }, from)

/** What the server answers as of a change, and what is held after all of them. */
const after = (changes: readonly ControlRow[]): ReturnType<typeof merge> => merge(undefined, said, [], changes, 'ann')

describe('a message and its changes', () => {
  it('a recalled text does not come back with an older answer', () => {
    const held = after([edit(2, 'other words'), recall(3)])
    expect(held.message).toMatchObject({ recalled: true, asOf: 3 })
    expect(held.message.content).toBeUndefined()
    for (const older of [said, after([edit(2, 'other words')]).message])
      expect(merge(held, older, undefined, [], 'ann').message.content).toBeUndefined()
  })

  it('a change that was kept is applied to an older answer, and not to a newer one', () => {
    const kept = [react(2, 'ann'), react(3, 'bob')]
    expect(merge(undefined, said, [], kept, 'ann')).toMatchObject({
      message: { reactions: { '👍': 2 }, asOf: 3 },
      mine: ['👍'],
    })
    const newer = { ...said, reactions: { '👍': 2 }, asOf: 3 }
    expect(merge(undefined, newer, ['👍'], kept, 'ann').message.reactions).toEqual({ '👍': 2 })
  })

  it('a reaction that nobody gives any more is gone', () => {
    const row = after([react(2, 'ann'), react(3, 'ann', true)])
    expect(row.message.reactions).toBeUndefined()
    expect(row.mine).toEqual([])
  })

  it('an edit whose words were recalled meanwhile shows nothing new', () => {
    const { content: _, ...silent } = edit(2, 'gone')
    const row = fold(after([]), { ...silent, content: { seq: 1 } }, 'ann')
    expect(row.message).toMatchObject({ content: { text: 'the words' }, asOf: 2 })
  })

  it('whatever order answers and changes come in, the end is the same', () => {
    const kinds = fc.constantFrom('edit', 'react', 'unreact')
    fc.assert(
      fc.property(
        fc.array(kinds, { maxLength: 6 }),
        fc.boolean(),
        fc.array(fc.nat(8), { maxLength: 6 }),
        (all, ends, asks) => {
          const changes = all.map((kind, index) =>
            kind === 'edit'
              ? edit(index + 2, `words ${index}`)
              : react(index + 2, `user ${index % 2}`, kind === 'unreact'),
          )
          if (ends) changes.push(recall(changes.length + 2))
          const final = after(changes)
          // Answers as of any moment come between the changes, which come in their order.
          let row: ReturnType<typeof merge> | undefined
          const kept: ControlRow[] = []
          changes.forEach((one, index) => {
            if (row === undefined) kept.push(one)
            else row = fold(row, one, 'ann')
            for (const ask of asks.filter((at) => at % (changes.length + 1) === index)) {
              const answer = after(changes.slice(0, ask % (changes.length + 1))).message
              row = merge(row, answer, undefined, row === undefined ? kept : [], 'ann')
            }
          })
          row = merge(row, said, undefined, row === undefined ? kept : [], 'ann')
          expect(row.message).toEqual(final.message)
        },
      ),
    )
  })
})
