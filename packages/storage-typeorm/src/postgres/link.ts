// One connection. It runs any number of prepared statements in one round trip and one transaction.
//
// A call is one write, and ends when the server is ready again. So an answer means that the transaction is committed.
// When a connection breaks, it is unknown whether the server has carried out the statements under way. The connection
// is not used again.
import type { Address, PgClient, PgClientClass, PgConnection, PgError, Submittable } from './driver.js'

/** A statement by its name, with its parameters. A buffer is a binary parameter. */
export interface Step {
  readonly statement: string
  readonly values: readonly (Buffer | string | null)[]
}
/** The rows of each step, as text. */
export type Answer = readonly (readonly (readonly (string | null)[])[])[]

export interface LinkOptions {
  readonly address: Address
  readonly connectTimeoutMs: number
  /** Statements, as one text, that set the session up. */
  readonly session: string
  /** Statements by name, which the connection prepares when it opens. */
  readonly statements: Readonly<Record<string, string>>
}

/** A connection could not be opened, or was lost. `isSent` tells whether the call had been sent. */
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

/** Errors with which a server ends a connection. */
const leaving = /^(?:08|57P)/

export class Link {
  #isOpen = true
  /** Called when the server is ready again after an error, or the connection has ended. */
  #rested: () => void = () => {}

  private constructor(private readonly client: PgClient) {
    const ended = (): void => {
      this.#isOpen = false
      this.#rested()
    }
    // Without listeners Node would end the process when the connection is lost.
    client.on('error', ended)
    client.on('end', ended)
    client.on('drain', () => this.#rested())
  }

  /** @throws LinkLost */
  static async open(driver: PgClientClass, options: LinkOptions): Promise<Link> {
    const { address, connectTimeoutMs, session, statements } = options
    const client = new driver({
      ...address,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
    })
    const link = new Link(client)
    // The driver's own limit covers only the time up to the server's first answer. This limit covers everything until
    // the connection is open.
    const late = setTimeout(() => link.destroy(), connectTimeoutMs)
    try {
      await client.connect()
      const { rows } = await client.query('SELECT pg_is_in_recovery() AS standby')
      // Such a server has older data than was committed, and takes no writes.
      if ((rows[0] as { standby: boolean }).standby) throw new Error('the server is a standby, which takes no writes')
      if (session !== '') await client.query(session)
      await new Promise<void>((resolve, reject) => {
        client.query(new Preparing(statements, (error) => (error ? reject(error) : resolve())))
      })
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
   * Runs the steps in one transaction. The caller makes one call at a time.
   * @throws PgError of the server; LinkLost
   */
  run(steps: readonly Step[], timeoutMs: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(new LinkLost('the connection to the database was lost', false))
        return
      }
      const settle = (error: PgError | null, answer: Answer): void => {
        clearTimeout(timer)
        this.#rested = () => {}
        if (error === null) resolve(answer)
        else if (isFromServer(error) && !leaving.test(error.code)) reject(error)
        else {
          this.destroy()
          reject(new LinkLost(`the connection to the database was lost: ${error.message}`, true, { cause: error }))
        }
      }
      const call = new Pipeline(steps, (error, answer) => {
        // The server rolls back before it is ready again. Until then it holds the locks.
        if (error !== null && isFromServer(error) && this.#isOpen) this.#rested = () => settle(error, answer)
        else settle(error, answer)
      })
      const timer = setTimeout(() => {
        this.destroy()
        call.giveUp(new Error(`no answer within ${timeoutMs} ms`))
        this.#rested()
      }, timeoutMs)
      this.client.query(call)
    })
  }

  /** Runs a statement that is not prepared, and answers its rows as objects. */
  async query(text: string, values: readonly unknown[], timeoutMs: number): Promise<readonly unknown[]> {
    const late = setTimeout(() => this.destroy(), timeoutMs)
    try {
      return (await (values.length > 0 ? this.client.query(text, values) : this.client.query(text))).rows
    } finally {
      clearTimeout(late)
    }
  }

  /** The same, with each row as a list of values, and integers of every size as numbers. */
  async rows(text: string, values: readonly unknown[], timeoutMs: number): Promise<readonly unknown[][]> {
    const late = setTimeout(() => this.destroy(), timeoutMs)
    try {
      return (await this.client.query({ text, values, rowMode: 'array', types: { getTypeParser } })).rows
    } finally {
      clearTimeout(late)
    }
  }

  /** Runs statements without parameters as one text and one transaction. Answers how many rows each has changed. */
  async script(statements: readonly string[], timeoutMs: number): Promise<readonly number[]> {
    if (statements.length === 0) return []
    const late = setTimeout(() => this.destroy(), timeoutMs)
    try {
      const results: unknown = await this.client.query(statements.join(';\n'))
      return (Array.isArray(results) ? results : [results]).map(
        (result) => (result as { readonly rowCount: number | null }).rowCount ?? 0,
      )
    } finally {
      clearTimeout(late)
    }
  }

  /** Closes the connection in order. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    const late = setTimeout(() => this.destroy(), 1000)
    await this.client.end().catch(() => {})
    clearTimeout(late)
  }

  /** Closes at once, also during a call. */
  destroy(): void {
    this.#isOpen = false
    this.client.connection.stream.destroy()
  }
}

const integers: ReadonlySet<number> = new Set([20, 21, 23])
const bool = 16
const getTypeParser = (oid: number) => (shown: string) =>
  integers.has(oid) ? Number(shown) : oid === bool ? shown === 't' : shown

/** Whether the error comes from the server: its errors have an SQLSTATE. */
export const isFromServer = (error: unknown): error is PgError & { readonly code: string } =>
  error instanceof Error && /^[0-9A-Z]{5}$/.test(String((error as PgError).code)) && 'severity' in error

/** What our queries have in common: they use no COPY, and end once. */
abstract class Query implements Submittable {
  #isDone = false

  constructor(private readonly done: (error: PgError | null) => void) {}

  submit(connection: PgConnection): void {
    // Sends all messages in one write.
    connection.stream.cork()
    this.write(connection)
    connection.sync()
    connection.stream.uncork()
  }

  protected abstract write(connection: PgConnection): void

  giveUp(error: PgError): void {
    if (this.#isDone) return
    this.#isDone = true
    this.done(error)
  }

  handleReadyForQuery(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.done(null)
  }

  handleError(error: PgError): void {
    this.giveUp(error)
  }

  handleDataRow(_message: { readonly fields: (string | null)[] }): void {}
  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleCopyData(): void {}
}

class Pipeline extends Query {
  private readonly answer: (readonly (string | null)[])[][]
  private at = 0

  constructor(
    private readonly steps: readonly Step[],
    done: (error: PgError | null, answer: Answer) => void,
  ) {
    super((error) => done(error, this.answer))
    this.answer = steps.map(() => [])
  }

  protected write(connection: PgConnection): void {
    for (const { statement, values } of this.steps) {
      connection.bind({ statement, values })
      connection.execute()
    }
  }

  override handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    this.answer[this.at]?.push(fields)
  }

  override handleCommandComplete(): void {
    this.at += 1
  }
}

class Preparing extends Query {
  constructor(
    private readonly statements: Readonly<Record<string, string>>,
    done: (error: PgError | null) => void,
  ) {
    super(done)
  }

  protected write(connection: PgConnection): void {
    for (const [name, text] of Object.entries(this.statements)) connection.parse({ name, text })
  }
}
