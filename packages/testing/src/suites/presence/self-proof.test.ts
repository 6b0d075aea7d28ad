// Presences that are broken on purpose, each in one way, and the case that must catch each.
import { describe, expect, it } from 'vitest'
import { MemoryPresence, type Presence, type SlotHolder } from '@rookery/core'
import { settle } from '../../settle.js'
import { VirtualClock } from '../../virtual-clock.js'
import { findCase } from '../suite-case.js'
import { presenceGroups, runPresenceCase } from './describe-presence.js'

interface Breakage {
  readonly caughtBy: string
  break?(right: MemoryPresence, clock: VirtualClock): Partial<Presence>
}

const unfenced = (holder: SlotHolder, found: readonly SlotHolder[]): SlotHolder =>
  found.find((one) => one.slot === holder.slot) ?? holder

const breakages: Readonly<Record<string, Breakage>> = {
  'a claim that looks first and takes afterwards': {
    caughtBy:
      'of 50 claims at once over two nodes the latest remains, and one claimant learns of each displaced holder',
    break: (right) => ({
      async claim(login) {
        const before = (await right.locate([login.holder.userId])).find((one) => one.slot === login.holder.slot) ?? null
        await settle()
        return { ...(await right.claim(login)), displaced: before }
      },
    }),
  },
  'a claim that takes the slot whenever it comes': {
    caughtBy: 'a claim that arrives late displaces no later login, and learns who that is',
    break: (right) => {
      let ms = 1e6
      return { claim: (login) => right.claim({ ...login, since: { ...login.since, ms: ++ms } }) }
    },
  },
  'a claim that does not tell who is later': {
    caughtBy: 'a claim that arrives late displaces no later login, and learns who that is',
    break: (right) => ({ claim: async (login) => ({ ...(await right.claim(login)), later: null }) }),
  },
  'a slot that remembers the latest login for ever': {
    caughtBy: 'a claim that arrives late finds its slot free where the later login has gone',
    break: (right) => ({ release: async () => right.release([]) }),
  },
  'logins at once that go by their order': {
    caughtBy:
      'of two logins that began at once the one with the greater session id is the later, whichever comes first',
    break: (right) => {
      let n = 0
      return {
        claim: (login) => right.claim({ ...login, since: { ...login.since, ms: login.since.ms + ++n * 1e-6 } }),
      }
    },
  },
  'eras that are not looked at': {
    caughtBy: 'a login of another era is not taken, and learns the time; told in the right era it is',
    break: (right) => ({ claim: (login) => right.claim({ ...login, since: { ...login.since, era: 'memory' } }) }),
  },
  'eras that renewals do not look at': {
    caughtBy: 'a login of another era is not taken, and learns the time; told in the right era it is',
    break: (right) => ({
      renew: (node, leaseMs, logins) =>
        right.renew(
          node,
          leaseMs,
          logins.map((login) => ({ ...login, since: { ...login.since, era: 'memory' } })),
        ),
    }),
  },
  'a claim that displaces itself': {
    caughtBy: 'a session that claims its own slot again displaces nobody',
    break: (right) => ({
      async claim(login) {
        const [before] = await right.locate([login.holder.userId])
        return { ...(await right.claim(login)), displaced: before ?? null }
      },
    }),
  },
  'one slot for each user': {
    caughtBy: 'slots of one user, and one slot of several users, are apart',
    break: (right) => ({ claim: (login) => right.claim({ ...login, holder: { ...login.holder, slot: 'one' } }) }),
  },
  'slots without case': {
    caughtBy: 'slots of one user, and one slot of several users, are apart',
    break: (right) => ({
      claim: (login) => right.claim({ ...login, holder: { ...login.holder, slot: login.holder.slot.toLowerCase() } }),
    }),
  },
  'a release by whoever asks': {
    caughtBy: 'a late release does not free the slot of a newer session',
    break: (right) => ({
      async release(holders) {
        const found = await right.locate(holders.map((holder) => holder.userId))
        return right.release(holders.map((holder) => unfenced(holder, found)))
      },
    }),
  },
  'a release that looks at the session id alone': {
    caughtBy: 'only exactly the session that holds a slot can free it: node, boot and session id',
    break: (right) => ({
      async release(holders) {
        const found = await right.locate(holders.map((holder) => holder.userId))
        return right.release(holders.map((holder) => found.find((one) => one.sessionId === holder.sessionId) ?? holder))
      },
    }),
  },
  'a renewal that takes slots from newer sessions': {
    caughtBy: 'a late renewal neither takes nor keeps the slot of a newer session, and tells of it each time',
    break: (right) => ({
      async renew(node, leaseMs, logins) {
        const latest = { era: 'memory', ms: 1e9 }
        return right.renew(
          node,
          leaseMs,
          logins.map((login) => ({ ...login, since: latest })),
        )
      },
    }),
  },
  'a renewal that takes only free slots': {
    caughtBy: 'of two logins that no claim told of the later one has the slot, whichever is renewed first',
    break: (right) => {
      let ms = -1e6
      return {
        renew: (node, leaseMs, logins) =>
          right.renew(
            node,
            leaseMs,
            logins.map((login) => ({ ...login, since: { ...login.since, ms: --ms } })),
          ),
      }
    },
  },
  'a renewal that counts as a login': {
    caughtBy:
      'a login that its claim did not tell of takes the slot from an earlier claim, and leaves it to a later one',
    break: (right, clock) => ({
      async renew(node, leaseMs, logins) {
        await right.release(logins.map(({ holder }) => holder))
        return right.renew(
          node,
          leaseMs,
          logins.map((login) => ({ ...login, since: { ...login.since, ms: clock.monotonic() } })),
        )
      },
    }),
  },
  'a renewal that mends nothing': {
    caughtBy: 'a renewal puts in what presence forgot',
    break: (right) => ({
      renew: async (node, leaseMs) => right.renew(node, leaseMs, []),
    }),
  },
  'a renewal that forgets what it is not told': {
    caughtBy: 'a renewal that names no sessions keeps those that are held',
    break: (right) => ({
      async renew(node, leaseMs, logins) {
        await right.leave(node.nodeId, node.boot)
        return right.renew(node, leaseMs, logins)
      },
    }),
  },
  'leases that never run out': {
    caughtBy: "when a lease has run out its node's sessions are offline, its slots free, and it is not listed",
    break: (right) => ({ renew: (node, _leaseMs, logins) => right.renew(node, 1e9, logins) }),
  },
  'leases of half their time': {
    caughtBy: 'a lease that is renewed goes on, and so do its sessions',
    break: (right) => ({ renew: (node, leaseMs, logins) => right.renew(node, leaseMs / 5, logins.slice(1)) }),
  },
  'a lease for each node, whichever process it is': {
    caughtBy: 'a node that was started again is not disturbed by what its predecessor does late',
    break: (right) => ({
      leave: async (nodeId) => {
        for (const boot of ['boot-1', 'boot-2']) await right.leave(nodeId, boot)
      },
    }),
  },
  'watched users that add up': {
    caughtBy: 'a call changes the set of watched users: it adds and removes some, and touches nobody else',
    break: (right) => ({ watch: (nodeId, boot, added) => right.watch(nodeId, boot, added, []) }),
  },
  'watched users that are replaced': {
    caughtBy: 'a call changes the set of watched users: it adds and removes some, and touches nobody else',
    break: (right) => {
      let before: readonly string[] = []
      return {
        async watch(nodeId, boot, added) {
          await right.watch(nodeId, boot, added, before)
          before = added
        },
      }
    },
  },
  'a lease that begins with every renewal': {
    caughtBy: 'a renewal tells whether the lease began with it, and does not tell it again',
    break: (right) => ({
      renew: async (...args) => ({ ...(await right.renew(...args)), began: true }),
    }),
  },
  'a time of one call to another': {
    caughtBy: 'its time goes on with the clock, within one era, for every node',
    break: (right) => ({
      async renew(...args) {
        const renewed = await right.renew(...args)
        return { ...renewed, time: { ...renewed.time, ms: 0 } }
      },
    }),
  },
  'clients that were heard of at their login for ever': {
    caughtBy: 'a session is found with the time at which its client was last heard of, as its node last told',
    break: (right) => ({ renew: (node, leaseMs) => right.renew(node, leaseMs, []) }),
  },
  'a slot that is lost to whoever lost it': {
    caughtBy: 'a renewal tells by which login each slot was lost',
    break: (right) => ({
      async renew(...args) {
        const renewed = await right.renew(...args)
        return { ...renewed, lost: renewed.lost.map(({ holder }) => ({ holder, later: holder })) }
      },
    }),
  },
  'a watching node that is forgotten at a release': {
    caughtBy: 'a claim and a release tell which nodes watch the user',
    break: (right) => ({
      async release(holders) {
        await right.release(holders)
        return []
      },
    }),
  },
}

function subjectOf(breakage: Breakage) {
  const clock = new VirtualClock()
  const right = new MemoryPresence(clock)
  const presence: Presence = {
    start: () => right.start(),
    claim: (...args) => right.claim(...args),
    release: (...args) => right.release(...args),
    renew: (...args) => right.renew(...args),
    locate: (...args) => right.locate(...args),
    watch: (...args) => right.watch(...args),
    nodes: () => right.nodes(),
    leave: (...args) => right.leave(...args),
    stop: () => right.stop(),
    ...breakage.break?.(right, clock),
  }
  return { presence, elapse: (ms: number) => clock.advance(ms), dispose() {} }
}

describe('the presence suite catches', () => {
  it.each(Object.entries(breakages))('%s', async (_name, breakage) => {
    const one = findCase(presenceGroups, breakage.caughtBy)
    await runPresenceCase(one, { create: () => subjectOf({ caughtBy: '' }) })
    const caught: unknown = await runPresenceCase(one, { create: () => subjectOf(breakage) }).then(
      () => null,
      (error: unknown) => error,
    )
    expect(caught).toBeInstanceOf(Error)
    expect(caught).not.toBeInstanceOf(TypeError)
  })
})
