// Starts process.ts, and connects clients to it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'

const file = fileURLToPath(new URL('../dist/nodes/process.js', import.meta.url))

export class NodeProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  static async start(settings: object): Promise<NodeProcess> {
    const child = spawn(process.execPath, [file, JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return new NodeProcess(child, Number(line.toString()))
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  /** A device that follows from `since` on. */
  async connect(userId: string, since = 0): Promise<Client> {
    const auth = { token: userId, deviceId: `${userId}-${this.port}`, deviceType: 'phone', protocol: 1, since }
    const address = `http://127.0.0.1:${this.port}/im`
    const socket = checkedSocket(io(address, { transports: ['websocket'], forceNew: true, reconnection: false, auth }))
    const client = new Client(socket)
    await new Promise((resolve, reject) => {
      socket.once('ready', resolve)
      socket.once('connect_error', reject)
    })
    await client.pull()
    return client
  }
}

interface Entry {
  readonly seq: number
  readonly message?: { readonly content: { readonly text?: string } }
}

export class Client {
  readonly texts: string[] = []
  kick: unknown = null
  seq = 0

  constructor(readonly socket: Socket) {
    socket.on('entries', ({ entries }: { entries: Entry[] }) => this.take(entries))
    socket.on('sync', () => void this.pull().catch(() => {}))
    socket.on('kick', (payload: unknown) => (this.kick = payload))
  }

  async pull(): Promise<void> {
    for (let more = true; more;) {
      const answer = (await this.socket.timeout(10_000).emitWithAck('pull', { since: this.seq })) as {
        readonly data: { readonly entries: Entry[]; readonly seq: number; readonly more: boolean }
      }
      this.take(answer.data.entries)
      this.seq = Math.max(this.seq, answer.data.seq)
      more = answer.data.more
    }
  }

  private take(entries: readonly Entry[]): void {
    for (const { seq, message } of entries) {
      if (seq <= this.seq) continue
      this.seq = seq
      if (message?.content.text !== undefined) this.texts.push(message.content.text)
    }
  }
}
