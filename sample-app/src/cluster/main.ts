// Starts three nodes of the app behind one port: `npm run start:cluster`. A SIGHUP restarts them one after the other, as
// a rolling deploy does; SIGTERM or Ctrl-C drains all of them.
import { fileURLToPath } from 'node:url'
import { Balancer } from './balancer.js'
import { NodeProcess } from './node-process.js'

const script = fileURLToPath(new URL('../main.js', import.meta.url))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const { NODES = '3', PORT = '3000', DATABASE_URL = '', REDIS_URL = '' } = process.env
const count = wholeOrExit('NODES', NODES, 1, 16)
const wantedPort = wholeOrExit('PORT', PORT, 0, 65_535)
if (!/^(postgres(ql)?|mysql):/.test(DATABASE_URL))
  exitWith('DATABASE_URL must be postgres://… or mysql://…: several nodes share one database server')
if (REDIS_URL === '') exitWith('REDIS_URL must be redis://…: nodes find one another through Redis')

const nodes: NodeProcess[] = []
const balancer = new Balancer(() => nodes.flatMap(({ port }) => (port === null ? [] : [{ port }])))
const port = await balancer.listen(wantedPort).catch((error: Error) => exitWith(error.message))
const url = `http://localhost:${port}`
const env = { ...process.env, PUBLIC_URL: process.env.PUBLIC_URL ?? url }

let isStopping = false
let isRestarting = false
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
process.on('SIGHUP', () => void restartAll())

// One after the other: the first makes the tables.
for (let number = 1; number <= count && !isStopping; number++) {
  const node = new NodeProcess(script, env, (line) => say(`node ${number}: ${line}`))
  nodes.push(node)
  try {
    await node.start()
  } catch (error) {
    if (!isStopping) await stop(`node ${number} did not start: ${(error as Error).message}`)
  }
  say(`${number} of ${count} nodes are up`)
}
if (!isStopping) say(`all nodes behind ${url}; log in as alice, bob, carol or dave, password demo`)

async function restartAll(): Promise<void> {
  if (isRestarting) return
  isRestarting = true
  for (const [index, node] of nodes.entries()) {
    if (isStopping) return
    await node.restart().catch((error: Error) => say(`node ${index + 1} did not start: ${error.message}`))
    if (node.port !== null) say(`node ${index + 1} was restarted`)
  }
  isRestarting = false
}

/** @param fault why it stops; none where it was asked to */
async function stop(fault?: string): Promise<void> {
  if (isStopping) return
  isStopping = true
  await Promise.all(nodes.map((node) => node.stop()))
  balancer.close()
  if (fault !== undefined) exitWith(fault)
  process.exit(0)
}

function wholeOrExit(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    exitWith(`${name} must be a whole number from ${least} to ${most}, not "${text}"`)
  return value
}

function exitWith(fault: string): never {
  console.error(fault)
  process.exit(1)
}
