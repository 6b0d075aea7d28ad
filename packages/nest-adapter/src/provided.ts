// Options that the host may give as a class: the app's container makes the instance, so that the class can inject
// providers.
import type { Type } from '@nestjs/common'
import type { ModuleRef } from '@nestjs/core'
import type { Authenticate, ContactPolicy, ConversationNames, HostGroups, Users } from '@rookery/core'
import { misconfigured } from './misconfigured.js'

/** A class whose instances turn tokens into users. */
export interface ImAuthenticator {
  authenticate: Authenticate
}

/** The options that the host gives as a value, or as a class that the app provides. */
export interface ProvidedOptions {
  /** Turns a token into a user: a function, or the class of a provider with an `authenticate` method. Required. */
  readonly authenticate: Authenticate | Type<ImAuthenticator>
  /** Looks up the host's users. Default: every well-formed id counts as a user. */
  readonly users?: Users | Type<Users>
  /**
   * Decides who may write to whom, who sees whose presence, and who may add whom to a group. Default: everybody may
   * write to and add everybody, and users who share a conversation see each other's presence.
   */
  readonly contacts?: ContactPolicy | Type<ContactPolicy>
  /** Names conversations in lists. Default: a c2c conversation has the profile of the peer, if `users` gives one. */
  readonly names?: ConversationNames | Type<ConversationNames>
  /**
   * Groups whose members the host keeps in its own tables. Default: none; Rookery alone keeps the members of groups.
   */
  readonly hostGroups?: HostGroups | Type<HostGroups>
}

/** These options after classes became instances. */
export interface ResolvedOptions {
  readonly authenticate: Authenticate
  readonly users?: Users
  readonly contacts?: ContactPolicy
  readonly names?: ConversationNames
  readonly hostGroups?: HostGroups
}

const names = ['authenticate', 'users', 'contacts', 'names', 'hostGroups'] as const

/**
 * Asks the container for the options that are classes. Call it once every provider exists.
 * @throws Error in one line that names the option and the remedy
 */
export function resolveProvided<Options extends ProvidedOptions>(
  options: Options,
  app: ModuleRef,
): Omit<Options, keyof ProvidedOptions> & ResolvedOptions {
  const resolved = { ...options } as Record<string, unknown>
  for (const name of names) {
    const given: unknown = options[name]
    if (!isClass(given)) continue
    const instance = find(app, name, given)
    resolved[name] = name === 'authenticate' ? authenticateOf(instance, given) : instance
  }
  return resolved as unknown as Omit<Options, keyof ProvidedOptions> & ResolvedOptions
}

const isClass = (given: unknown): given is Type<object> =>
  typeof given === 'function' && /^class\b/.test(Function.prototype.toString.call(given))

function find(app: ModuleRef, option: string, given: Type<object>): object {
  try {
    return app.get(given, { strict: false })
  } catch {
    throw misconfigured(
      `RookeryModule option ${option} is the class ${given.name}, of which the app has no instance: add it to the providers of a module, and do not make it request-scoped.`,
    )
  }
}

function authenticateOf(instance: object, { name }: Type<object>): Authenticate {
  if ('authenticate' in instance && typeof instance.authenticate === 'function')
    return (credentials) => (instance as ImAuthenticator).authenticate(credentials)
  throw misconfigured(
    `RookeryModule option authenticate is the class ${name}, which has no method authenticate: give it one, ({ token }) => ({ userId }).`,
  )
}
