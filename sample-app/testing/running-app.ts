// The built app in its own process, as `npm start` runs it, on a free port with an empty data folder.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const appDir = fileURLToPath(new URL('..', import.meta.url))
const main = join(appDir, 'dist/main.js')

export interface RunningApp {
  readonly url: string
  /** Its output so far. */
  output(): string
  /** Sends SIGTERM; resolves with how the process ended, and after what time. */
  stop(): Promise<{ code: number | null; tookMs: number }>
  /** Ends it as a power failure would: with `kill -9`. */
  kill(): Promise<void>
}

/** An empty folder; `remove` deletes it. */
export function dataFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'rookery-sample-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

function launch(
  env: Record<string, string>,
  [command, ...args]: readonly string[] = [process.execPath, main],
): { child: ChildProcess; output: () => string } {
  const child = spawn(command ?? '', args, {
    cwd: appDir,
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer): void => void (output += chunk.toString())
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return { child, output: () => output }
}

/**
 * Resolves once it listens; rejects with its output if it ends before.
 * @param command what starts it in the app's folder; default: node itself
 */
export async function startApp(
  folder: string,
  env: Record<string, string> = {},
  command?: string[],
): Promise<RunningApp> {
  const { child, output } = launch({ DATABASE_URL: `sqlite:${join(folder, 'app.sqlite')}`, ...env }, command)
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const line = /http:\/\/localhost:(\d+)/.exec(output())
      if (line) resolve(`http://127.0.0.1:${line[1]}`)
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}:\n${output()}`)))
  })
  return {
    url,
    output,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return { code: child.exitCode, tookMs: 0 }
      const began = performance.now()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      return { code: child.exitCode, tookMs: performance.now() - began }
    },
  }
}

/** Runs it until it ends by itself; resolves with its exit code and output. */
export async function runToItsEnd(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { child, output } = launch(env)
  await once(child, 'exit')
  return { code: child.exitCode, output: output() }
}
