// Makes a node from its rooms. Each room gets what it needs of the rooms before it. Nothing here decides anything.
import { gate, localSessions } from './gate/room.js'
import { access } from './logic/access/room.js'
import { delivery } from './logic/delivery/room.js'
import { groups } from './logic/groups/room.js'
import { AfterHandlers } from './logic/host/after-handlers.js'
import { Deadlines } from './logic/host/deadlines.js'
import { FaultLog } from './logic/host/fault-log.js'
import { Faults } from './logic/host/faults.js'
import { observedHandlers } from './logic/host/observed-handlers.js'
import { groupsForHost, host } from './logic/host/room.js'
import { messages } from './logic/messages/room.js'
import { outbox } from './logic/outbox/room.js'
import { push } from './logic/push/room.js'
import { reading } from './logic/reading/room.js'
import { storing } from './logic/storing/room.js'
import { MemoryPresence } from './memory/memory-presence.js'
import { type RookeryOptions, settingsOf } from './options/options.js'
import type { Logger } from './ports/logger.js'
import { SystemClock } from './system/system-clock.js'
import { SystemRandom } from './system/system-random.js'

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * Makes a node that is not started.
 * @param epoch the epoch of the storage, once the storage has started
 * @throws TypeError one line that names a wrong option and its remedy
 */
export function assemble(options: RookeryOptions, epoch: () => string) {
  const settings = settingsOf(options)
  const { limits, timing, noRoaming, rate, deviceSlots, retention: kept, push: pushRules } = settings

  const clock = options.clock ?? new SystemClock()
  const random = options.random ?? new SystemRandom()
  const logger = options.logger ?? silent
  const observer = options.observer ?? null
  const presence = options.presence ?? new MemoryPresence(clock)
  const { storage, authenticate, bus = null } = options
  const { users = null, contacts = null, names = null, hostGroups = null, types = null, outbox: port = null } = options
  const handlers = observedHandlers(options.handlers ?? null, observer)
  const node = { nodeId: options.nodeId ?? random.id(), boot: random.id(), url: options.url ?? null }
  const faultLog = new FaultLog(logger, clock, random)
  const handlerDeadlines = new Deadlines(clock, timing.handlerDeadlineMs)
  const { nodeId, boot } = node
  const faults = new Faults(faultLog)
  const around = { clock, random, logger, observer, faults, limits, timing }

  const local = localSessions({
    storage,
    bus,
    clock,
    logger,
    timing,
    tellWatchers: (users) => atGate.watching.tell(users),
    mayDeliver: () => !atGate.lease.isInDoubt,
  })
  const entry = access({
    ...around,
    storage,
    authenticate,
    users,
    contacts,
    types,
    handlers,
    faultLog,
    handlerDeadlines,
  })
  const { authoriser, admission, directory, authenticator } = entry
  const stored = storing({ ...around, nodeId, storage, presence, retention: kept, handedOut: () => out.fanOut.flush() })
  const { writer } = stored
  const { sessions } = local
  const check = (users: readonly string[]): void => out.fanOut.check(users)
  const pushed =
    pushRules && push({ ...around, boot, rules: pushRules, storage, presence, sessions, writer, check, epoch })
  const takers = [
    ...(handlers === null ? [] : [new AfterHandlers(handlers, faults)]),
    ...(pushed ? [pushed.taker] : []),
  ]
  const out = delivery({
    ...around,
    nodeId,
    boot,
    storage,
    presence,
    bus,
    contacts,
    sessions,
    missed: () => atGate.afterLoss.missed(),
    remembers: () => atGate.lease.remembers,
    authoriser,
    writer,
    arming: pushed?.wheel ?? null,
    takers,
  })
  const { committed, fanOut } = out
  const read = reading({ ...around, storage, users, names, authoriser, writer, committed, fanOut, noRoaming })
  const { naming } = read
  const said = messages({ ...around, storage, authoriser, admission, writer, committed })
  const inGroups = groups({
    ...around,
    storage,
    contacts,
    hostGroups,
    directory,
    authoriser,
    naming,
    writer,
    committed,
    settings,
  })
  const { joining } = inGroups
  const imGroups = groupsForHost({ ...around, ...inGroups, storage, names, settings })
  const rows = outbox({ ...around, ...said, port, s2c: out.s2c, groups: imGroups })
  // The last two rooms get the earlier rooms as they are: they are the two sides from which requests come, the host and
  // the gate.
  const hosts = host({
    ...around,
    ...entry,
    ...stored,
    ...out,
    ...read,
    ...said,
    ...rows,
    storage,
    presence,
    handlers,
    handlerDeadlines,
    kept,
    joining,
    groups: imGroups,
  })
  const atGate = gate({
    ...around,
    ...node,
    ...local,
    ...stored,
    ...out,
    ...read,
    ...said,
    storage,
    presence,
    handlers,
    deviceSlots,
    rate,
    epoch,
    authenticator,
    groups: inGroups.groups,
    topics: hosts.topics,
    push: pushed,
  })
  return {
    ...around,
    ...node,
    ...local,
    ...stored,
    ...out,
    ...rows,
    ...hosts,
    ...atGate,
    storage,
    presence,
    bus,
    deviceSlots,
    drainRules: settings.drain,
    push: pushed,
  }
}
