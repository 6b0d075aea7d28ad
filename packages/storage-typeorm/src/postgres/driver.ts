// The part of `pg` that we use, and how the module is found. Frequent statements go to its connection directly: several
// in one write and one transaction, with binary parameters. Its own queries cannot do this.
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'

/** An error of the server, or of the driver, which has no `code` of five characters. */
export interface PgError extends Error {
  readonly code?: string
  readonly detail?: string
}

/** A query in the sense of pg: it writes its own messages, and pg calls it with the answers. */
export interface Submittable {
  submit(connection: PgConnection): void
  handleRowDescription(): void
  handleDataRow(message: { readonly fields: (string | null)[] }): void
  handleCommandComplete(): void
  handleEmptyQuery(): void
  handlePortalSuspended(): void
  handleCopyInResponse(): void
  handleCopyData(): void
  handleReadyForQuery(): void
  handleError(error: PgError): void
}

export interface PgConnection {
  readonly stream: Socket
  parse(query: { name: string; text: string }): void
  bind(config: { statement: string; values: readonly (Buffer | string | null)[] }): void
  execute(): void
  sync(): void
}

export interface PgClient {
  readonly connection: PgConnection
  connect(): Promise<unknown>
  query(query: Submittable): unknown
  query(text: string): Promise<{ readonly rows: unknown[] }>
  query(text: string, values: readonly unknown[]): Promise<{ readonly rows: unknown[] }>
  query(config: {
    readonly text: string
    readonly values: readonly unknown[]
    readonly rowMode: 'array'
    readonly types: { getTypeParser(oid: number): (shown: string) => unknown }
  }): Promise<{ readonly rows: unknown[][] }>
  end(): Promise<void>
  on(event: 'error' | 'end' | 'drain', listener: (error?: Error) => void): unknown
}

/** The database's address and our account. The defaults of pg replace what is left out. */
export interface Address {
  readonly connectionString?: string
  readonly host?: string
  readonly port?: number
  readonly user?: string
  readonly password?: string | (() => string) | (() => Promise<string>)
  readonly database?: string
  readonly ssl?: boolean | TlsOptions
  readonly application_name?: string
  /** Options of the command line that the server gives a session: `-c search_path=…`. */
  readonly options?: string
}

export type PgClientClass = new (
  config: Address & {
    readonly connectionTimeoutMillis: number
    readonly keepAlive: boolean
    readonly keepAliveInitialDelayMillis: number
  },
) => PgClient

/** @throws Error of one line where pg is not installed. */
export async function loadDriver(): Promise<PgClientClass> {
  try {
    const { default: pg } = await import('pg')
    return pg.Client as unknown as PgClientClass
  } catch (cause) {
    throw new Error("the driver 'pg' cannot be loaded: npm install pg", { cause })
  }
}
