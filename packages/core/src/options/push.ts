// How notifications are made and sent. All of it are options.
import type { ComposePush, PushProvider } from '../ports/push.js'
import { count } from './counts.js'
import { flag, oneOf, optional, type Option, optionalGroup, type Options, passing, standard } from './declare.js'

/** Each with its default and reason. Times in ms. */
export interface PushRules {
  /** Who brings notifications. Required, at least one; no two with one name. */
  readonly providers: readonly PushProvider[]
  /** Writes the words of a notification. Default: it says that there are new messages, and never what was said. */
  readonly compose?: ComposePush | undefined
  /**
   * How long a message waits for an acknowledgement from any device. 5 s: a device that is connected answers within one;
   * later a notification would come late.
   */
  readonly afterMs: number
  /** What happens in conversations that the user has muted. `silent`: it is shown without a sound; `off`: nothing is. */
  readonly muted: 'silent' | 'off'
  /** Whether a mention of the user is told with a sound in a muted conversation, too. Default: true, somebody asks for this user. */
  readonly mentionsBreakThrough: boolean
  /**
   * What is told of groups that are fanned out on read. `mentions`: messages that mention the user, or everybody; `all`:
   * every message. Mentions: nobody wants a notification for each message in a room of a thousand.
   */
  readonly largeGroups: 'mentions' | 'all'
  /** How long a provider may keep a notification for a device that is off. 3 days: what no provider shortens. */
  readonly ttlMs: number
  /** Registrations of one user; beyond it the one that was registered longest ago goes. 20: several devices, each several times. */
  readonly registrations: number
  /** A provider answers a batch within this time, or the batch counts as to be tried again. 10 s: mobile networks are slow, services are not. */
  readonly deadlineMs: number
  /** How often a notification is tried at most. 6: some minutes, with rests that double. */
  readonly attempts: number
  /** The rest after the first attempt; each later one is twice as long, up to five minutes, give or take a quarter. 2 s. */
  readonly retryMs: number
  /** Batches of one provider that are under way at once. 8: what one connection of HTTP/2 carries easily. */
  readonly concurrency: number
  /** Notifications that wait for one provider; more are tried later. 10,000: some MB. */
  readonly queue: number
  /** After so many failed batches in a row a provider is left alone for `breakerMs`. 5. */
  readonly breakerAfter: number
  /** 30 s: a restart of a service is over by then. */
  readonly breakerMs: number
  /** Users looked through in one step of a sweep. 1,000: a read of some milliseconds. */
  readonly sweepRows: number
  /** How long a sweep rests between two steps. 100 ms: chat has the database for most of the time. */
  readonly sweepPauseMs: number
}

/** As hosts give them. */
export type PushOptions = Pick<PushRules, 'providers'> & Partial<PushRules>

const named = /^[!-~]{1,64}$/
const areProviders = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((one: Partial<PushProvider> | null) => typeof one?.send === 'function' && named.test(String(one.name)))
const areDistinct = (value: unknown): boolean => {
  const names = (value as readonly PushProvider[]).map(({ name }) => name)
  return new Set(names).size === names.length
}

const shape: Options<PushRules> = {
  providers: passing(
    (value) => areProviders(value) && areDistinct(value),
    (value) =>
      areProviders(value)
        ? 'has two with one name: give one of them another name'
        : 'is not a list of providers: give at least one, each with a name and send()',
  ),
  compose: optional(
    passing((value) => typeof value === 'function', 'is not a function: give (draft) => ({ title, body })'),
  ),
  afterMs: standard(5_000, count),
  muted: standard('silent', oneOf(['silent', 'off'], "is not one of its values: give 'silent' or 'off'")),
  mentionsBreakThrough: standard(true, flag('is not a boolean: give true or false')),
  largeGroups: standard('mentions', oneOf(['mentions', 'all'], "is not one of its values: give 'mentions' or 'all'")),
  ttlMs: standard(259_200_000, count),
  registrations: standard(20, count),
  deadlineMs: standard(10_000, count),
  attempts: standard(6, count),
  retryMs: standard(2_000, count),
  concurrency: standard(8, count),
  queue: standard(10_000, count),
  breakerAfter: standard(5, count),
  breakerMs: standard(30_000, count),
  sweepRows: standard(1_000, count),
  sweepPauseMs: standard(100, count),
}

export const push: Option<PushOptions, PushRules | undefined> = optionalGroup<PushOptions, PushRules>(shape)
