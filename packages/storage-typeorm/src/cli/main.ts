// The command `rookery`, with which operators work on chat's stored data.
import { argumentsOf, commandNamed, type CommandName, type Given } from './arguments.js'
import { erase } from './erase.js'
import { exportUser } from './export.js'
import { migrate } from './migrate.js'
import { parked } from './parked.js'
import { renewEpoch } from './renew-epoch.js'
import { exit, UsageError, type Terminal } from './terminal.js'
import { verify } from './verify.js'

const help = `rookery COMMAND --database URL [options]

  verify                 compute every counter and unread anew from the rows, and tell what differs, a line for each
    --repair             put right what can be
    --json               a JSON object for each
  export --user ID       everything that is kept of a user, a JSON record on each line
    --out FILE           into a new file, not to the standard output
  erase --user ID --yes  take what is kept of a user and concerns nobody else
    --owned-groups HOW   groups that the user owns: refuse (the default), hand-over, dissolve
  migrate                make chat's tables and the app's im_outbox, or bring them up to date
    --app-database URL   where the app's own tables are, if they are not beside chat's
    --app-schema NAME    the schema of these, on PostgreSQL
  parked                 rows of the app's im_outbox that could not be moved, a line for each; --json, --app-database as above
    --retry IDS          has the app try them again: all, or ids separated by commas
    --drop IDS --yes     removes them for good
  renew-epoch --yes      after a restore from an older copy, with the app stopped: every device starts over

  --database URL         sqlite:PATH, postgres://…, mysql://… or mariadb://…; left out, DATABASE_URL of the environment
  --table-prefix PREFIX  before the tables' names, where the app has another than im_
  --schema NAME          the schema of the tables, on PostgreSQL
  --driver NAME          libsql or better-sqlite3, on SQLite
  --rows N               rows in one step, 500 where left out
  --pause MS             the rest between two steps, 100 where left out; 0 where nothing else uses the database

It ends with 0 where all is done and nothing is wrong, 1 where verify found something, rows are parked or erase was refused,
2 where it was called in a wrong way, 3 where it failed: what was done until then stays done, and may be done again.
`

const commands: Readonly<Record<CommandName, (given: Given, terminal: Terminal) => Promise<number>>> = {
  verify,
  export: exportUser,
  erase,
  migrate,
  parked,
  'renew-epoch': renewEpoch,
}

/** Runs one command line, and answers the exit code. Never rejects. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  // The reader of the results may stop reading: `rookery export … | head`.
  terminal.stdout.on('error', () => {})
  try {
    if (name === '--help' || name === '-h' || name === 'help') return told(terminal.stdout)
    if (name === undefined) throw new UsageError('say what to do')
    const command = commandNamed(name)
    const given = argumentsOf(command, rest)
    return given.help === true ? told(terminal.stdout) : await commands[command](given, terminal)
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error)
    const isUsage = error instanceof UsageError
    terminal.stderr.write(`rookery: ${line}\n${isUsage ? 'rookery --help tells more.\n' : ''}`)
    return isUsage ? exit.usage : exit.failed
  }
}

function told(stdout: Terminal['stdout']): number {
  stdout.write(help)
  return exit.ok
}
