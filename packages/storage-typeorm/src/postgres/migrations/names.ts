// The names of our functions under the prefix of one installation. A released function is never changed: a change is a
// function of another name, made by a migration of its own, so that nodes of both versions run beside each other.

export interface Functions {
  readonly lock: string
  readonly append: string
  readonly apply: string
  readonly read: string
  readonly settings: string
  readonly custom: string
  readonly device: string
  readonly raiseLogin: string
}

export const functionsOf = (prefix: string): Functions => ({
  lock: `${prefix}lock`,
  append: `${prefix}append`,
  apply: `${prefix}apply`,
  read: `${prefix}read`,
  settings: `${prefix}settings`,
  custom: `${prefix}custom`,
  device: `${prefix}device_seen`,
  raiseLogin: `${prefix}raise_login`,
})

/** Raised where a row is missing that the caller took for known: what it remembers is of another database. */
export const staleMemory = 'RKY01'
