// Settings of our sessions, so that chat does not depend on settings of the server, the database or the role.
import type { PostgresSettings } from './options.js'
import { quoted } from './quoted.js'

/**
 * Every statement is written for its indexes, and the server keeps its plan. So the server plans each statement once,
 * the plan is the same whatever the statistics say (for example those of a table that was empty when the server
 * collected them), and nothing is compiled at run time.
 */
export const plans = [
  'plan_cache_mode = force_generic_plan',
  'jit = off',
  'max_parallel_workers_per_gather = 0',
  'enable_seqscan = off',
  'enable_sort = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
  'enable_bitmapscan = off',
  // The server makes joins in the order in which we write them.
  'join_collapse_limit = 1',
  'from_collapse_limit = 1',
]

export function sessionOf(settings: PostgresSettings, role: 'write' | 'read'): string {
  const { schema, lockTimeoutMs, callTimeoutMs } = settings
  return [
    ...(schema === null ? [] : [`search_path = ${quoted(schema)}`]),
    "client_encoding = 'UTF8'",
    "default_transaction_isolation = 'read committed'",
    // A writing session keeps the server's own default. So it obeys an operator who makes the server read-only before a
    // failover.
    ...(role === 'read' ? ['default_transaction_read_only = on'] : []),
    'client_min_messages = warning',
    `lock_timeout = ${lockTimeoutMs}`,
    `statement_timeout = ${callTimeoutMs}`,
    `idle_in_transaction_session_timeout = ${callTimeoutMs}`,
    ...plans,
  ]
    .map((setting) => `SET ${setting}`)
    .join('; ')
}
