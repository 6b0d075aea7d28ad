// Whom an operation names, and which of them need a row.
import type { StorageOp } from '@rookery/core'

/** Whether an operation touches the inbox of everybody in its group, whom it does not name. */
export const isWhole = (op: StorageOp): boolean =>
  op.op === 'group' && (op.change.fanOut !== undefined || op.change.dissolve !== undefined)

/** Users who get a row where they have none. */
export function usersMade(op: StorageOp): readonly string[] {
  if (!('message' in op)) {
    return op.op === 'custom' || op.op === 'device' || op.op === 'raise-login' ? [op.userId] : []
  }
  const { from, to } = op.message
  const users = [from, to, ...op.members].filter((userId) => userId !== null)
  if (op.op === 'control' && op.change.kind === 'reaction') users.push(op.change.userId)
  if (op.op === 'group') for (const { userId } of op.change.join ?? []) users.push(userId)
  return users
}

/** Users whose rows an operation may change: those made, and those who are only looked for. */
export function usersNamed(op: StorageOp): readonly string[] {
  if (!('message' in op)) return [op.userId]
  return op.op === 'group' ? [...usersMade(op), ...(op.change.leave ?? [])] : usersMade(op)
}
