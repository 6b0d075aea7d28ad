// A team's app outside this repository: it installs the packages from tarballs as npm would publish them, builds with
// its own compiler, and runs as its own process.
import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packTarballs } from '../support/tarballs.js'

const fixtures = join(import.meta.dirname, 'fixtures')

/** Prints on stderr what is going on: installing takes long. */
export function say(line: string): void {
  process.stderr.write(`hosts: ${line}\n`)
}

/** Runs a command and resolves with its output. Rejects with the output if the command fails. */
export async function run(folder: string, command: string, args: readonly string[]): Promise<string> {
  const startedAt = Date.now()
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [...args], {
      cwd: folder,
      // The host must not see the npm settings of this repository.
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'))),
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed in ${folder}:\n${stdout}\n${stderr}`, { cause: error })
  } finally {
    say(`${folder.split('/').pop()}: ${command} ${args.slice(0, 2).join(' ')} took ${Date.now() - startedAt} ms`)
  }
}

/** Makes the folder that holds all hosts, with the packages as tarballs: `packages/core.tgz` and so on. */
export async function packAll(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-hosts-'))
  await packTarballs(join(folder, 'packages'))
  return folder
}

/** The package.json of an app before it has chat. */
function withoutChat(manifest: string): string {
  const { dependencies, ...rest } = JSON.parse(manifest) as { dependencies: Record<string, string> }
  const own = Object.entries(dependencies).filter(([name]) => !name.startsWith('@rookery/'))
  return JSON.stringify({ ...rest, dependencies: Object.fromEntries(own) })
}

/** An app with its files, packages and build. */
export class Host {
  private child: ChildProcess | undefined
  private output = ''

  private constructor(readonly folder: string) {}

  /** Copies the fixture and the files that all hosts share, and runs the host's own npm and tsc. */
  static async install(parent: string, name: string): Promise<Host> {
    const folder = join(parent, name)
    cpSync(join(fixtures, 'common'), folder, { recursive: true })
    cpSync(join(fixtures, name), folder, { recursive: true })
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
    // As in a real team: the app exists with its lockfile, and then gets chat. Its own packages must not be in the way.
    const whole = readFileSync(join(folder, 'package.json'), 'utf8')
    writeFileSync(join(folder, 'package.json'), withoutChat(whole))
    await run(folder, 'npm', ['install', ...quiet])
    writeFileSync(join(folder, 'package.json'), whole)
    const printed = await run(folder, 'npm', ['install', ...quiet])
    if (/warn|ERR/i.test(printed.replaceAll(/Unknown user config.*/g, ''))) say(printed)
    await run(folder, 'npx', ['tsc', '-p', '.'])
    return new Host(folder)
  }

  /** Starts one app for each database file, in one process. @returns the URL of each */
  async start(...databases: readonly string[]): Promise<string[]> {
    const files = databases.map((name) => join(this.folder, 'data', name))
    const child = fork(join(this.folder, 'dist/main.js'), files, { cwd: this.folder, silent: true })
    this.child = child
    this.output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (this.output += String(chunk)))
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the host ended with ${code} before it listened:\n${this.output}`)
    })
    const [urls] = (await Promise.race([once(child, 'message'), ended])) as [string[]]
    return urls
  }

  /** The output of the running apps. */
  get printed(): string {
    return this.output
  }

  /** Asks the process to stop as a supervisor would. @returns its exit code, null if a signal ended it */
  async stop(): Promise<number | null> {
    const { child } = this
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const exited = once(child, 'exit') as Promise<[number | null]>
    child.kill('SIGTERM')
    return (await exited)[0]
  }

  kill(): void {
    this.child?.kill('SIGKILL')
  }
}

export const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true })
