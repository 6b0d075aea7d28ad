// The users that an operation names, and those of them that need a row.
import type { StorageOp } from '@rookery/core'

/** Whether an operation changes the inbox of every member of its group, without naming them. */
export const isWhole = (op: StorageOp): boolean =>
  op.op === 'group' && (op.change.fanOut !== undefined || op.change.dissolve !== undefined)

const making = { custom: 1, device: 1, 'raise-login': 1, 'push-register': 1 }

/** The users for which the operation makes a row if they have none. */
export function usersMade(op: StorageOp): readonly string[] {
  if (!('message' in op)) {
    return op.op in making ? [op.userId] : []
  }
  const { from, to } = op.message
  const users = [from, to, ...op.members].filter((userId) => userId !== null)
  if (op.op === 'control' && op.change.kind === 'reaction') users.push(op.change.userId)
  if (op.op === 'group') for (const { userId } of op.change.join ?? []) users.push(userId)
  return users
}

/** Users whose rows an operation may change: those of `usersMade`, and those that it only looks up. */
export function usersNamed(op: StorageOp): readonly string[] {
  if (!('message' in op)) return [op.userId]
  return op.op === 'group' ? [...usersMade(op), ...(op.change.leave ?? [])] : usersMade(op)
}
