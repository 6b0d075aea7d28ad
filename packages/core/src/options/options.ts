// What a host gives to make a Rookery, and the one line it gets for a mistake.
import type { NodeId } from '@rookery/protocol'
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
import { didYouMean } from './did-you-mean.js'
import {
  defaultFanOutRules,
  defaultGroupRules,
  defaultLimits,
  defaultRate,
  defaultTiming,
  type FanOutRules,
  type GroupRules,
  type Limits,
  type Rate,
  type Timing,
} from './limits.js'
import { defaultRetention, type Retention, sevenDaysMs } from './retention.js'

export interface RookeryOptions<Types extends MessageTypes = MessageTypes> {
  /** Where everything is stored. Required: memory must be named, too. */
  readonly storage: Storage
  /** Turns a token into a user. Required. */
  readonly authenticate: Authenticate
  /** Who is connected where. Default: in memory, which is right for one node. */
  readonly presence?: Presence
  /** How nodes reach one another. Default: none, which is right for one node. */
  readonly bus?: Bus
  /** The host's users. Default: every well-formed id counts as a user. */
  readonly users?: Users
  /** Who may write to whom, see whom, add whom. Default: everybody everybody, presence among those who share a conversation. */
  readonly contacts?: ContactPolicy
  /** How conversations are named in lists. Default: a 1:1 conversation has the profile of the peer, if `users` gives one. */
  readonly names?: ConversationNames
  /** Groups whose members stand in the host's own tables. Default: none, members are Rookery's alone. */
  readonly hostGroups?: HostGroups
  /** Message types with schemas: their content is checked at the border. Default: any JSON object under any type. */
  readonly types?: Types
  /** What host transactions want said. Default: none, and `within` is not available. */
  readonly outbox?: Outbox
  /** The host's code on the path. Default: none. */
  readonly handlers?: Handlers
  /** This process, as others address it. Default: a new id at each start. */
  readonly nodeId?: NodeId
  /** Where clients reach this node, told by `endpoints`. Default: unknown. */
  readonly url?: string
  /**
   * The device types a client may name. A user has one slot for each; as an object, types that name one slot share it.
   * Default: `phone`, `pad`, `pc`, `web`.
   */
  readonly deviceTypes?: readonly string[] | Readonly<Record<string, string>>
  /** Who may add others, and what they read of before. Default: owner and admins; nothing. */
  readonly groups?: Partial<GroupRules>
  /** From how many members on a group is fanned out on read. Default: above 500. */
  readonly fanout?: Partial<FanOutRules>
  readonly limits?: Partial<Limits>
  readonly timing?: Partial<Timing>
  /** How long things are kept. Default: inboxes and keys 30 days, messages for ever. */
  readonly retention?: Partial<Retention>
  /** Who may read history. `refuse` names device types that may not. Default: every device may. */
  readonly roaming?: { readonly refuse?: readonly string[] }
  /** Requests of one session. `off` for load tests only. Default: 50 a second, 200 at once. */
  readonly rate?: Rate | 'off'
  /** Default: the system's. */
  readonly clock?: Clock
  /** Default: the system's. */
  readonly random?: Random
  /** Who watches how the node does. Default: nobody. */
  readonly observer?: Observer
  /** Default: nothing is logged. */
  readonly logger?: Logger
}

/** The options with everything that has a default filled in. */
export interface Settings {
  readonly groups: GroupRules
  readonly fanout: FanOutRules
  readonly limits: Limits
  readonly timing: Timing
  readonly retention: Retention
  /** Device types that may not read history. */
  readonly noRoaming: ReadonlySet<string>
  readonly rate: Rate | null
  readonly deviceSlots: ReadonlyMap<string, string>
}

/** Every option that there is. */
export const optionNames: ReadonlySet<string> = new Set<keyof RookeryOptions>([
  'storage',
  'authenticate',
  'presence',
  'bus',
  'users',
  'contacts',
  'names',
  'hostGroups',
  'types',
  'outbox',
  'handlers',
  'nodeId',
  'url',
  'deviceTypes',
  'groups',
  'fanout',
  'limits',
  'timing',
  'retention',
  'roaming',
  'rate',
  'clock',
  'random',
  'observer',
  'logger',
])

/**
 * Checks the options.
 * @throws TypeError in one line that names the option and the remedy
 */
export function settingsOf(options: RookeryOptions): Settings {
  for (const name of Object.keys(options)) if (!optionNames.has(name)) unknown(name, name, optionNames)
  if (typeof options.storage?.commit !== 'function')
    fail('storage', 'is missing', 'give an adapter, for example new MemoryStorage() for a test')
  if (typeof options.authenticate !== 'function')
    fail('authenticate', 'is not a function', 'give ({ token }) => ({ userId })')
  if (options.users !== undefined && typeof options.users.exists !== 'function')
    fail(
      'users',
      'has no exists()',
      'give { exists: (userId) => boolean, or the id that was found, or a promise of one }',
    )
  for (const name of ['users', 'contacts'] as const)
    if (!['boolean', 'undefined'].includes(typeof options[name]?.takesTransaction))
      fail(
        `${name}.takesTransaction`,
        'is no boolean',
        'give true where it runs its queries in the tx that it is given',
      )
  if (options.hostGroups !== undefined && typeof options.hostGroups.members !== 'function')
    fail('hostGroups', 'has no members()', 'give { members: (groupId) => user ids, or null }')
  for (const [type, declared] of Object.entries(options.types ?? {}))
    if (typeof declared?.schema?.['~standard']?.validate !== 'function')
      fail(
        `types.${type}`,
        'has no schema',
        'give { schema } with a Standard Schema validator (zod, valibot, arktype …)',
      )
  if (options.nodeId !== undefined && !/^[!-~]{1,64}$/.test(options.nodeId))
    fail('nodeId', 'is not of its form', 'use 1 to 64 printable ASCII characters')
  if (options.bus !== undefined && options.presence === undefined)
    fail('bus', 'is given without presence', 'give the presence that all nodes share, too')
  const limits = merge('limits', defaultLimits, options.limits)
  const timing = merge('timing', defaultTiming, options.timing)
  if (timing.leaseMs <= timing.heartbeatMs)
    fail('timing.leaseMs', 'is not above timing.heartbeatMs', 'a lease lasts three heartbeats by default')
  const deviceSlots = slotsOf(options.deviceTypes)
  const retention = retentionOf(options.retention)
  const noRoaming = noRoamingOf(options.roaming, deviceSlots)
  const groups = groupRulesOf(options.groups)
  const fanout = merge('fanout', defaultFanOutRules, options.fanout)
  return { groups, fanout, limits, timing, retention, noRoaming, rate: rateOf(options.rate), deviceSlots }
}

function groupRulesOf(given: RookeryOptions['groups'] = {}): GroupRules {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(defaultGroupRules, name)) unknown(`groups.${name}`, name, Object.keys(defaultGroupRules))
  const rules = { ...defaultGroupRules, ...given }
  if (typeof rules.membersMayAdd !== 'boolean') fail('groups.membersMayAdd', 'is no boolean', 'give true or false')
  if (!['from-now', 'everything'].includes(rules.joinersRead))
    fail('groups.joinersRead', 'is none of its values', "give 'from-now' or 'everything'")
  return rules
}

function retentionOf(given: RookeryOptions['retention']): Retention {
  const retention = merge('retention', defaultRetention, given)
  for (const name of ['inboxMs', 'keysMs'] as const) {
    const ms = retention[name]
    if (ms !== 'off' && ms < sevenDaysMs)
      fail(
        `retention.${name}`,
        'is shorter than seven days',
        `give at least ${sevenDaysMs}: what is sent again may be that old`,
      )
  }
  return retention
}

function noRoamingOf(
  roaming: RookeryOptions['roaming'],
  deviceTypes: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  for (const name of Object.keys(roaming ?? {})) if (name !== 'refuse') unknown(`roaming.${name}`, name, ['refuse'])
  const refuse = roaming?.refuse ?? []
  if (!Array.isArray(refuse)) fail('roaming.refuse', 'is no list', "give device types, such as ['web']")
  for (const type of refuse as readonly unknown[])
    if (typeof type !== 'string' || !deviceTypes.has(type))
      fail('roaming.refuse', 'names a device type that there is not', `known are ${[...deviceTypes.keys()].join(', ')}`)
  return new Set(refuse)
}

const mayBeOff: ReadonlySet<string> = new Set<keyof Timing | keyof Retention>([
  'recallMs',
  'editMs',
  'inboxMs',
  'timelineMs',
  'timelineCount',
  'keysMs',
])

function merge<T extends object>(option: string, defaults: T, given: Partial<T> | undefined): T {
  for (const [name, value] of Object.entries(given ?? {})) {
    if (!Object.hasOwn(defaults, name)) unknown(`${option}.${name}`, name, Object.keys(defaults))
    if (value === 'off' && mayBeOff.has(name)) continue
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      fail(
        `${option}.${name}`,
        'is not a whole number from 1',
        `leave it out for the default${mayBeOff.has(name) ? ", or give 'off' for no limit" : ''}`,
      )
  }
  return { ...defaults, ...given }
}

function rateOf(rate: RookeryOptions['rate']): Rate | null {
  if (rate === 'off') return null
  if (rate === undefined) return defaultRate
  for (const name of Object.keys(rate))
    if (!Object.hasOwn(defaultRate, name)) unknown(`rate.${name}`, name, Object.keys(defaultRate))
  if (!(rate.perSecond > 0) || !(rate.burst >= 1))
    fail('rate', 'is not of its form', "give { perSecond, burst } with burst from 1, or 'off'")
  return rate
}

function slotsOf(types: RookeryOptions['deviceTypes'] = ['phone', 'pad', 'pc', 'web']): ReadonlyMap<string, string> {
  const slots = new Map(Array.isArray(types) ? types.map((type: string) => [type, type]) : Object.entries(types))
  for (const name of [...slots.keys(), ...slots.values()])
    if (!/^[!-~]{1,64}$/.test(name))
      fail('deviceTypes', 'has a name that is not of its form', 'use 1 to 64 printable ASCII characters')
  if (slots.size === 0) fail('deviceTypes', 'is empty', 'leave it out for phone, pad, pc, web')
  return slots
}

function unknown(option: string, name: string, known: Iterable<string>): never {
  const names = [...known]
  const list = `known ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`
  fail(option, 'is no option', `${list}${didYouMean(name, names)}`)
}

function fail(option: string, fault: string, remedy: string): never {
  throw new TypeError(`Rookery option ${option} ${fault}: ${remedy}${remedy.endsWith('?') ? '' : '.'}`)
}
