// The options of a Rookery, and the one line for a mistake.
import type { NodeId } from '@rookery/protocol'
import * as z from '@rookery/protocol/schemas'
import type { MessageTypes } from '../logic/messages/message-types.js'
import type { Bus } from '../ports/bus.js'
import type { Clock } from '../ports/clock.js'
import type { Authenticate, ContactPolicy, ConversationNames, Handlers, HostGroups, Users } from '../ports/host.js'
import type { Logger } from '../ports/logger.js'
import type { Observer } from '../ports/observer.js'
import type { Outbox } from '../ports/outbox.js'
import type { Presence } from '../ports/presence.js'
import type { Random } from '../ports/random.js'
import type { Storage } from '../ports/storage.js'
import {
  anything,
  checkedBy,
  group,
  type Option,
  optional,
  type Options,
  passing,
  read,
  standard,
  text,
  type Words,
} from './declare.js'
import {
  type DrainRules,
  drainRules,
  type FanOutRules,
  fanOutRules,
  type GroupRules,
  groupRules,
  type Limits,
  limits,
  type Rate,
  rateOption,
  type Timing,
  timing,
} from './limits.js'
import { push, type PushOptions, type PushRules } from './push.js'
import { type Retention, retention } from './retention.js'

export interface RookeryOptions<Types extends MessageTypes = MessageTypes> {
  /** Where everything is stored. Required; name memory, too, if you want it. */
  readonly storage: Storage
  /** Turns a token into a user. Required. */
  readonly authenticate: Authenticate
  /** Keeps which user is connected where. Default: in memory, for one node. */
  readonly presence?: Presence
  /** Carries frames between nodes. Default: none, for one node. */
  readonly bus?: Bus
  /** The host's users. Default: every well-formed id counts as a user. */
  readonly users?: Users
  /**
   * Who may write to whom, see whose presence, add whom to groups. Default: everybody may; presence only among users
   * who share a conversation.
   */
  readonly contacts?: ContactPolicy
  /** Names of conversations in lists. Default: a c2c conversation has the profile of the peer, if `users` gives one. */
  readonly names?: ConversationNames
  /** Groups whose members the host keeps in its own tables. Default: none, and Rookery keeps all members. */
  readonly hostGroups?: HostGroups
  /**
   * Message types with schemas, which check the content where a message comes in. Default: any JSON object under any
   * type.
   */
  readonly types?: Types
  /** Where host transactions write what chat sends after the commit. Default: none, and `within` is not available. */
  readonly outbox?: Outbox
  /** The host's handlers on the path of messages. Default: none. */
  readonly handlers?: Handlers
  /** The id by which other nodes address this process. Default: a new id at each start. */
  readonly nodeId?: NodeId
  /** Where clients reach this node, as `endpoints` gives it. Default: unknown. */
  readonly url?: string
  /**
   * The device types that a client may name. A user has one slot for each. In an object, types that name the same slot
   * share it. Default: `phone`, `pad`, `pc`, `web`.
   */
  readonly deviceTypes?: readonly string[] | Readonly<Record<string, string>>
  /**
   * Who may add others to groups, and whether new members read earlier messages. Default: the owner and the admins; no.
   */
  readonly groups?: Partial<GroupRules>
  /** Above how many members a group is fanned out on read. Default: 50. */
  readonly fanout?: Partial<FanOutRules>
  /** How fast a node that drains sends its clients elsewhere. */
  readonly drain?: Partial<DrainRules>
  readonly limits?: Partial<Limits>
  readonly timing?: Partial<Timing>
  /** How long chat keeps things. Default: inboxes and keys for 30 days, messages for ever. */
  readonly retention?: Partial<Retention>
  /** Notifications for devices that are not connected: who brings them, and when. Default: none. */
  readonly push?: PushOptions
  /** Which devices may read history. `refuse` names the device types that may not. Default: every device may. */
  readonly roaming?: { readonly refuse?: readonly string[] }
  /** The rate of requests of one session. Use `off` for load tests only. Default: 50 per second, 200 at once. */
  readonly rate?: Rate | 'off'
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: the system's. */
  readonly random?: Random
  /** Gets measurements of the node. Default: none. */
  readonly observer?: Observer
  /** Default: no log. */
  readonly logger?: Logger
}

/** The checked options, with their defaults. */
export interface Settings {
  readonly groups: GroupRules
  readonly fanout: FanOutRules
  readonly drain: DrainRules
  readonly limits: Limits
  readonly timing: Timing
  readonly retention: Retention
  /** Null without push. */
  readonly push: PushRules | null
  /** Device types that may not read history. */
  readonly noRoaming: ReadonlySet<string>
  readonly rate: Rate | null
  readonly deviceSlots: ReadonlyMap<string, string>
}

const named = /^[!-~]{1,64}$/
const noName = 'use 1 to 64 printable ASCII characters'
const aFunction = (value: unknown): boolean => typeof value === 'function'
const having =
  (method: string) =>
  (value: unknown): boolean =>
    aFunction((value as Record<string, unknown> | null)?.[method])

/** A port or a provider with a flag that says whether it takes a transaction. */
const takingTransactions = <Given>(test: (value: unknown) => boolean, fault: string): Option<Given> =>
  checkedBy(() =>
    z.custom<unknown>(test, { error: fault, abort: true }).check(
      z.refine(
        (value) => ['boolean', 'undefined'].includes(typeof (value as { takesTransaction?: unknown }).takesTransaction),
        {
          path: ['takesTransaction'],
          error: 'is not a boolean: give true where it runs its queries in the tx that it is given',
        },
      ),
    ),
  )

const isObject = (value: unknown): boolean => (typeof value === 'object' && value !== null) || aFunction(value)

const roaming: Options<NonNullable<RookeryOptions['roaming']>> = {
  refuse: standard(
    [],
    passing((value) => Array.isArray(value), "is not a list: give device types, such as ['web']"),
  ),
}

/** The declaration of every option. */
const declared = {
  storage: passing(having('commit'), 'is missing: give an adapter, for example new MemoryStorage() for a test'),
  authenticate: passing(aFunction, 'is not a function: give ({ token }) => ({ userId })'),
  presence: optional(anything()),
  bus: optional(anything()),
  users: optional(
    takingTransactions(
      having('exists'),
      'has no exists(): give { exists: (userId) => boolean, or the id that was found, or a promise of one }',
    ),
  ),
  contacts: optional(takingTransactions(isObject, 'is not an object: give { mayWrite: (from, to) => boolean }')),
  names: optional(anything()),
  hostGroups: optional(
    passing(having('members'), 'has no members(): give { members: (groupId) => user ids, or null }'),
  ),
  types: optional(
    checkedBy(() =>
      z.record(
        z.string(),
        z.custom((type) => aFunction((type as MessageTypes[string] | null)?.schema?.['~standard']?.validate), {
          error: 'has no schema: give { schema } with a Standard Schema validator (zod, valibot, arktype …)',
        }),
        { error: 'is not an object: give what defineTypes() makes' },
      ),
    ),
  ),
  outbox: optional(anything()),
  handlers: optional(anything()),
  nodeId: optional(text(named, `has the wrong form: ${noName}`) as unknown as Option<NodeId>),
  url: optional(anything()),
  deviceTypes: standard(
    ['phone', 'pad', 'pc', 'web'],
    passing(
      (value) =>
        slots(value).length > 0 &&
        slots(value)
          .flat()
          .every((name) => named.test(name)),
      (value) =>
        slots(value).length > 0
          ? `has a name of the wrong form: ${noName}`
          : 'is empty: leave it out for phone, pad, pc, web',
    ),
  ),
  groups: group(groupRules),
  fanout: group(fanOutRules),
  drain: group(drainRules),
  limits: group(limits),
  timing: group(timing),
  retention: group(retention),
  push,
  roaming: group(roaming),
  rate: rateOption,
  clock: optional(anything()),
  random: optional(anything()),
  observer: optional(anything()),
  logger: optional(anything()),
} satisfies Options<RookeryOptions>

export const optionNames: readonly string[] = Object.keys(declared)

const mistake = (option: string, told: string): Error => new TypeError(`Rookery option ${option} ${told}`)

const words: Words = {
  wrong: (option, fault) => mistake(option, `${fault}.`),
  unknown: (option, known, meant) =>
    mistake(
      option,
      known.includes(',')
        ? `does not exist: known are ${known}${meant || '.'}`
        : `does not exist: known is ${known}${meant || '.'}`,
    ),
}

/**
 * Checks the options.
 * @throws TypeError in one line that names the option and the remedy
 */
export function settingsOf(options: RookeryOptions): Settings {
  const given = read(declared, options, words)
  if (given.bus !== undefined && given.presence === undefined)
    throw words.wrong('bus', 'is given without presence: give the presence that all nodes share, too')
  const { groups, fanout, drain, limits, timing, retention, push: rules = null } = given
  if (timing.leaseMs <= timing.heartbeatMs)
    throw words.wrong('timing.leaseMs', 'is not above timing.heartbeatMs: a lease lasts three heartbeats by default')
  if (timing.leaseTickMs > timing.heartbeatMs)
    throw words.wrong('timing.leaseTickMs', 'is above timing.heartbeatMs: the lease ticks between heartbeats')
  const deviceSlots = new Map(slots(given.deviceTypes))
  const rate = given.rate === 'off' ? null : given.rate
  const noRoaming = new Set(given.roaming.refuse)
  for (const type of noRoaming)
    if (!deviceSlots.has(type))
      throw words.wrong(
        'roaming.refuse',
        `names an unknown device type: known are ${[...deviceSlots.keys()].join(', ')}`,
      )
  return { groups, fanout, drain, limits, timing, retention, push: rules, noRoaming, rate, deviceSlots }
}

/** The slot of each device type. */
const slots = (types: unknown): [string, string][] =>
  Array.isArray(types) ? types.map((type: string) => [type, type]) : Object.entries(types as Record<string, string>)
