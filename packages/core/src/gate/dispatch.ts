// The one switch from a request to its use case.
import { type RequestEvent, type RequestOf, RookeryError, type Seq } from '@rookery/protocol'
import { check, requestSchemas } from '@rookery/protocol/schemas'
import type { Online } from '../logic/delivery/online.js'
import type { Groups } from '../logic/groups/groups.js'
import type { Faults } from '../logic/host/faults.js'
import type { Topics } from '../logic/host/topics.js'
import type { Changes } from '../logic/messages/changes.js'
import { incomingC2C, incomingC2G } from '../logic/messages/incoming.js'
import type { Incoming } from '../logic/messages/send-job.js'
import type { Send } from '../logic/messages/send.js'
import type { Push } from '../logic/push/room.js'
import type { OwnMarks } from '../logic/reading/own-marks.js'
import type { Roaming } from '../logic/reading/roaming.js'
import { errorJson, okJson, sentJson } from '../model/wire.js'
import { refuseTooLong } from './size.js'
import type { Clock } from '../ports/clock.js'
import { acknowledge, pull, type CatchingUp } from './catching-up.js'
import { follows } from './follows.js'
import type { Session } from './session.js'
import type { Reply, Request } from './session-requests.js'
import type { Slots } from './slots.js'
import type { Watching } from './watching.js'

export interface UseCases extends CatchingUp {
  readonly send: Send
  readonly changes: Changes
  readonly groups: Groups
  readonly ownMarks: OwnMarks
  readonly roaming: Roaming
  readonly online: Online
  readonly topics: Topics
  readonly push: Push | null
  readonly slots: Slots
  readonly watching: Watching
  readonly faults: Faults
  readonly clock: Clock
}

const isKnown = (event: string): event is RequestEvent => Object.hasOwn(requestSchemas, event)

/** Checks a request and carries it out. Never throws. Answers once, or never if the session has ended. */
export function dispatch(cases: UseCases, session: Session, { event, args, arrival }: Request, reply: Reply): void {
  const fail = (thrown: unknown): void => reply(errorJson(cases.faults.toError(thrown, event)))
  try {
    if (!isKnown(event)) throw new RookeryError('UNSUPPORTED', 'no such event')
    if (args.length !== 1) throw new RookeryError('BAD_REQUEST', 'a request has one argument, an object')
    refuseTooLong(args[0], cases.limits)
    const answered = carryOut(cases, session, event, args[0], arrival, reply)
    answered?.then((json) => json !== null && reply(okJson(json)), fail)
  } catch (error) {
    fail(error)
  }
}

// A case that must answer in the same turn as its decision calls `reply` itself and gives null.
function carryOut(
  cases: UseCases,
  session: Session,
  event: RequestEvent,
  request: unknown,
  arrival: number,
  reply: Reply,
): Promise<string | null> | null {
  const { userId } = session
  switch (event) {
    case 'c2c':
      return send(cases, session, incomingC2C(userId, check(requestSchemas.c2c, request)), arrival, reply)
    case 'c2g':
      return send(cases, session, incomingC2G(userId, check(requestSchemas.c2g, request)), arrival, reply)
    case 'ack':
      return acknowledge(cases, session, check(requestSchemas.ack, request))
    case 'pull':
      return pull(cases, session, check(requestSchemas.pull, request), reply)
    case 'follows':
      return follows(cases.storage.heads, userId, check(requestSchemas.follows, request), cases.limits)
    case 'c2s':
      return cases.topics.answer(session, check(requestSchemas.c2s, request))
    case 'read':
      return cases.ownMarks.read(userId, check(requestSchemas.read, request))
    case 'history':
      return cases.roaming.history(userId, session.deviceType, check(requestSchemas.history, request))
    case 'conversations':
      return cases.roaming.conversations(userId, check(requestSchemas.conversations, request))
    case 'conversation.get':
      return cases.roaming.get(userId, check(requestSchemas['conversation.get'], request))
    case 'conversation.update':
      return cases.ownMarks.update(userId, check(requestSchemas['conversation.update'], request))
    case 'recall':
      return placed(cases.changes.recall(session, check(requestSchemas.recall, request), arrival))
    case 'edit':
      return placed(cases.changes.edit(session, check(requestSchemas.edit, request), arrival))
    case 'react':
      return placed(cases.changes.react(session, check(requestSchemas.react, request), arrival))
    case 'readers':
      return cases.roaming.readers(userId, check(requestSchemas.readers, request))
    case 'typing':
      return cases.online.typing(userId, check(requestSchemas.typing, request))
    case 'presence':
      return presence(cases, session, check(requestSchemas.presence, request))
    case 'group.create':
      return cases.groups.create(userId, check(requestSchemas['group.create'], request))
    case 'group.get':
      return cases.groups.get(userId, check(requestSchemas['group.get'], request))
    case 'group.update':
      return cases.groups.update(userId, check(requestSchemas['group.update'], request))
    case 'group.dissolve':
      return cases.groups.dissolve(userId, check(requestSchemas['group.dissolve'], request))
    case 'group.members':
      return cases.groups.members(userId, check(requestSchemas['group.members'], request))
    case 'group.add':
      return cases.groups.add(userId, check(requestSchemas['group.add'], request))
    case 'group.remove':
      return cases.groups.remove(userId, check(requestSchemas['group.remove'], request))
    case 'group.leave':
      return cases.groups.leave(userId, check(requestSchemas['group.leave'], request))
    case 'group.role':
      return cases.groups.role(userId, check(requestSchemas['group.role'], request))
    case 'group.mute':
      return cases.groups.mute(userId, check(requestSchemas['group.mute'], request))
    case 'push.register': {
      const given = check(requestSchemas['push.register'], request)
      const isGone = () => session.isClosed || cases.deliveries.hasForgotten(session)
      return registrationsOf(cases).register(session, given, isGone)
    }
    case 'push.unregister': {
      const given = check(requestSchemas['push.unregister'], request)
      return registrationsOf(cases).unregister(session, given)
    }
    case 'time': {
      const { t0 } = check(requestSchemas.time, request)
      reply(okJson(JSON.stringify({ t0, serverTime: cases.clock.now() })))
      return null
    }
    case 'auth.refresh':
      return cases.slots.refresh(session, check(requestSchemas['auth.refresh'], request).token)
    case 'logout':
      check(requestSchemas.logout, request)
      return cases.slots.logout(session, () => reply(okJson('{}')))
  }
}

function registrationsOf({ push }: UseCases): Push['registrations'] {
  if (push === null) throw new RookeryError('UNSUPPORTED', 'this server sends no notifications')
  return push.registrations
}

/** The answer to a change: the sequence of the control message. */
const placed = async (made: Promise<Seq>): Promise<string> => JSON.stringify({ seq: await made })

function send(cases: UseCases, session: Session, incoming: Incoming, arrival: number, reply: Reply): null {
  cases.send.submit(session, incoming, arrival, (outcome) =>
    reply(outcome instanceof RookeryError ? errorJson(outcome) : okJson(sentJson(outcome))),
  )
  return null
}

async function presence(cases: UseCases, session: Session, request: RequestOf<'presence'>): Promise<string> {
  const { userIds, subscribe } = request
  const visible = await cases.online.visible(session.userId, userIds)
  const { users, online } = await cases.online.snapshot(userIds, visible)
  if (subscribe !== undefined && !session.isClosed) cases.watching.watch(session, subscribe ? visible : null, online)
  return JSON.stringify({ users })
}
