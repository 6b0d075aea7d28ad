// Nodes that are wrong, each of which the model must notice.
import { expect, it } from 'vitest'
import type { PushOptions, PushRegistration, Storage, StorageOp } from '@rookery/core'
import { runPushHistories } from './push-histories.js'

/** Answers of `commit` that are not what was stored. */
const answering =
  (wrong: (op: StorageOp) => object | null) =>
  (storage: Storage): Storage =>
    new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'commit') return typeof value === 'function' ? value.bind(target) : value
        return async (ops: readonly StorageOp[]) => {
          const kept = ops.filter((op) => wrong(op) === null)
          const results: unknown[] = [...(await target.commit(kept))]
          return ops.map((op) => wrong(op) ?? results.shift())
        }
      },
    })

const listing =
  (change: (row: PushRegistration) => PushRegistration) =>
  (storage: Storage): Storage =>
    new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name === 'push')
          return {
            behind: target.push.behind,
            list: async (userIds: readonly string[]) => (await target.push.list(userIds)).map(change),
          }
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

const ok = { status: 'ok' }
const broken: Record<string, { readonly push?: Partial<PushOptions>; readonly spoil?: (storage: Storage) => Storage }> =
  {
    'that waits too long': { push: { afterMs: 20_000 } },
    'that is loud where it was muted': { push: { muted: 'off' } },
    'that is silent where it was mentioned': { push: { mentionsBreakThrough: false } },
    'that never notes what it has told': { spoil: answering((op) => (op.op === 'pushed' ? ok : null)) },
    'that keeps registrations for ever': { spoil: answering((op) => (op.op === 'push-unregister' ? ok : null)) },
    'that takes every registration for told': { spoil: listing((row) => ({ ...row, pushedTo: 1_000_000 })) },
  }

it.each(Object.entries(broken))('the model notices a node %s', async (_, how) => {
  const { faults } = await runPushHistories({ seed: 4, worlds: 200, stepsEach: 14, deaths: 0, broken: how })
  expect(faults.length).toBeGreaterThan(0)
})
