// One connection. It sends any number of statements as text in one round trip.
//
// When a connection breaks, it is unknown whether the server has carried out the statements under way. The connection
// is not used again.
import type { Address, Answer, Driver, MysqlConnection, MysqlError } from './driver.js'

export type Row = readonly unknown[]
/** The rows of each statement; an empty list for a statement without rows. */
export type Answers = readonly (readonly Row[])[]

export interface LinkConfig {
  readonly address: Address
  readonly connectTimeoutMs: number
  /** Statements that set the session up. */
  readonly session: readonly string[]
  /** The size of a packet, at most. More statements go in several packets, one after another. */
  readonly packetBytes: number
  /** What the server shows of the connection. */
  readonly applicationName: string
}

/** A connection could not be opened, or was lost. `isSent` tells whether the last of the statements had been sent. */
export class LinkLost extends Error {
  override readonly name = 'LinkLost'
  constructor(
    message: string,
    readonly isSent: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Errors after which the server closes the connection: shut down, killed, idle for too long, packets out of order. */
const leaving: ReadonlySet<number> = new Set([1053, 1153, 1158, 1159, 1160, 1161, 1184, 1927, 3169, 4031])

export class Link {
  #isOpen = true
  /** Makes the call under way fail. */
  #lose: (error: Error) => void = () => {}

  private constructor(
    private readonly connection: MysqlConnection,
    private readonly packetBytes: number,
  ) {
    const ended = (error?: Error): void => {
      this.#isOpen = false
      this.#lose(error ?? new Error('it was closed'))
    }
    // Without listeners Node would end the process when the connection is lost.
    connection.on('error', ended)
    connection.on('end', ended)
  }

  /** @throws LinkLost */
  static async open(driver: Driver, options: LinkConfig): Promise<Link> {
    const { address, connectTimeoutMs, session, packetBytes, applicationName } = options
    const connection = driver.createConnection({
      ...address,
      charset: 'UTF8MB4_BIN',
      connectTimeout: connectTimeoutMs,
      enableKeepAlive: true,
      keepAliveInitialDelay: 30_000,
      multipleStatements: true,
      connectAttributes: { program_name: applicationName },
    })
    const link = new Link(connection, packetBytes)
    // The driver's own limit covers only the time up to the server's first answer. This limit covers everything until
    // the connection is open.
    const late = setTimeout(() => link.destroy(`no answer within ${connectTimeoutMs} ms`), connectTimeoutMs)
    try {
      await new Promise<void>((resolve, reject) => {
        link.#lose = reject
        connection.connect((error) => (error ? reject(error) : resolve()))
      })
      await link.ask(session, connectTimeoutMs)
      return link
    } catch (cause) {
      link.destroy()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new LinkLost(`no connection to the database: ${reason}`, false, { cause })
    } finally {
      clearTimeout(late)
    }
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Runs the statements in order, up to the first that fails. The caller makes one call at a time.
   * @throws MysqlError of the server; LinkLost
   */
  async ask(statements: readonly string[], timeoutMs: number): Promise<Answers> {
    const answers = await this.#run(statements, timeoutMs)
    return answers.map((answer) => (isRows(answer) ? answer : []))
  }

  /** The same; answers how many rows each statement has changed. */
  async change(statements: readonly string[], timeoutMs: number): Promise<readonly number[]> {
    const answers = await this.#run(statements, timeoutMs)
    return answers.map((answer) => (isRows(answer) ? 0 : answer.affectedRows))
  }

  async #run(statements: readonly string[], timeoutMs: number): Promise<readonly Answer[]> {
    const answers: Answer[] = []
    const untilMs = performance.now() + timeoutMs
    for (let at = 0; at < statements.length;) {
      let end = at + 1
      for (let bytes = sizeOf(statements[at]!); end < statements.length; end += 1) {
        bytes += sizeOf(statements[end]!)
        if (bytes > this.packetBytes) break
      }
      const piece = statements.slice(at, end)
      const isLast = end === statements.length
      answers.push(...(await this.#send(piece, Math.max(1, Math.ceil(untilMs - performance.now())), isLast)))
      at = end
    }
    return answers
  }

  #send(statements: readonly string[], timeoutMs: number, isLast: boolean): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(new LinkLost('the connection to the database was lost', false))
        return
      }
      const timer = setTimeout(() => this.destroy(`no answer within ${timeoutMs} ms`), timeoutMs)
      const settle = (work: () => void): void => {
        clearTimeout(timer)
        this.#lose = () => {}
        work()
      }
      const lost = (cause: Error): void =>
        settle(() => {
          this.destroy()
          reject(new LinkLost(`the connection to the database was lost: ${cause.message}`, isLast, { cause }))
        })
      this.#lose = lost
      this.connection.query({ sql: statements.join(';\n'), rowsAsArray: true }, (error, result) => {
        if (error === null) settle(() => resolve(answersOf(statements.length, result)))
        else if (isFromServer(error) && !leaving.has(error.errno)) settle(() => reject(error))
        else lost(error)
      })
    })
  }

  /** Closes the connection in order. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => {
        this.destroy()
        resolve()
      }, 1000)
      this.connection.end(() => {
        clearTimeout(late)
        resolve()
      })
    })
  }

  /** Closes at once, also during a call. */
  destroy(reason = 'it was closed'): void {
    this.#isOpen = false
    this.connection.destroy()
    this.connection.stream.destroy()
    this.#lose(new Error(reason))
  }
}

/** Whether the error comes from the server. */
export const isFromServer = (
  error: unknown,
): error is MysqlError & { readonly errno: number; readonly sqlState: string } =>
  error instanceof Error &&
  typeof (error as MysqlError).errno === 'number' &&
  typeof (error as MysqlError).sqlState === 'string'

/** An upper bound of the text's bytes: a code unit has at most three. It counts the bytes only of long text. */
const sizeOf = (text: string): number => (text.length < 65_536 ? text.length * 3 : Buffer.byteLength(text)) + 2

const isRows = (answer: Answer): answer is readonly unknown[][] => Array.isArray(answer)

function answersOf(count: number, result: Answer | readonly Answer[]): readonly Answer[] {
  const answers = (count === 1 ? [result] : result) as readonly Answer[]
  if (answers.length !== count) throw new Error('the database answered another number of statements')
  return answers
}
