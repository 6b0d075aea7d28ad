// `rookery erase`: erases what is stored about one user and concerns nobody else.
import { RookeryError } from '@rookery/core'
import { ownedGroupsOf, userId, type Given } from './arguments.js'
import { storageOptions } from './database.js'
import { withMaintenance } from './node.js'
import { inWords, ProgressLine } from './progress.js'
import { exit, UsageError, type Terminal } from './terminal.js'

const remains = (
  user: string,
): string => `What remains: the id ${user} in conversations with others and in what happened in groups, and how often
messages of others were reacted to; what others said to it; copies on devices of others; rows of im_outbox in the app's own
database; backups. Nodes that are running now keep sessions of ${user}: erase by ImMaintenance.eraseUser in the app, or close them.
`

export async function erase(given: Given, terminal: Terminal): Promise<number> {
  const user = userId(given.user)
  const ownedGroups = ownedGroupsOf(given['owned-groups'])
  const options = storageOptions(given, terminal, false)
  if (given.yes !== true)
    throw new UsageError(
      `erase takes the contents of what ${user} said, its inbox, keys, devices and settings, and has it leave its groups; nothing brings that back. Give --yes to do it`,
    )
  const progress = new ProgressLine('erase', terminal.stderr)
  try {
    const { done: _, ...taken } = await withMaintenance(options, given, terminal, (maintenance) =>
      maintenance.eraseUser(user, { ownedGroups, onProgress: ({ done, ...so }) => progress.show(done, so) }),
    )
    progress.end(`of ${user}: ${inWords(taken)}`)
    terminal.stderr.write(remains(user))
    return exit.ok
  } catch (error) {
    if (!(error instanceof RookeryError) || error.code !== 'FORBIDDEN') throw error
    const { groupIds } = error.details as { readonly groupIds: readonly string[] }
    progress.end(`${user} owns ${groupIds.join(', ')}: give --owned-groups hand-over, or dissolve. Nothing was erased`)
    return exit.found
  }
}
