// The part of `mysql2` that we use, and how the module is found.

/** An error of the server has an `sqlState`; one of the driver or the network has none. */
export interface MysqlError extends Error {
  readonly errno?: number
  readonly code?: string
  readonly sqlState?: string
}

/** What one statement answers: rows as arrays, or what was done. */
export type Answer = readonly unknown[][] | { readonly affectedRows: number }

export interface MysqlConnection {
  readonly stream: { destroy(): void }
  query(
    query: { readonly sql: string; readonly rowsAsArray: true },
    done: (error: MysqlError | null, result: Answer | readonly Answer[]) => void,
  ): void
  connect(done: (error: MysqlError | null) => void): void
  end(done: () => void): void
  destroy(): void
  on(event: 'error' | 'end', listener: (error?: Error) => void): unknown
}

/** The database's address and our account. The driver's defaults replace what is left out. */
export interface Address {
  readonly host?: string
  readonly port?: number
  readonly socketPath?: string
  readonly user?: string
  readonly password?: string
  readonly database?: string
  readonly ssl?: object | string
}

export interface Driver {
  createConnection(
    config: Address & {
      readonly charset: string
      readonly connectTimeout: number
      readonly enableKeepAlive: boolean
      readonly keepAliveInitialDelay: number
      readonly multipleStatements: boolean
      readonly connectAttributes: Readonly<Record<string, string>>
    },
  ): MysqlConnection
  /** Quotes text for a statement, for a session in whose `sql_mode` a backslash escapes. */
  escape(text: string): string
}

/** @throws Error of one line where mysql2 is not installed. */
export async function loadDriver(): Promise<Driver> {
  try {
    const { default: mysql } = await import('mysql2')
    return mysql as unknown as Driver
  } catch (cause) {
    throw new Error("the driver 'mysql2' cannot be loaded: npm install mysql2", { cause })
  }
}
