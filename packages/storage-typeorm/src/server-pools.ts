// The connections to a database server: some that write, some that read, one for maintenance. They fail over together.
import { Failover } from './failover.js'
import { Pool, type Pooled } from './pool.js'

interface Opens<Link> {
  write(): Promise<Link>
  read(): Promise<Link>
  maintain(): Promise<Link>
}

export class ServerPools<Link extends Pooled> {
  readonly writing: Pool<Link>
  readonly reading: Pool<Link>
  readonly maintaining: Pool<Link>
  readonly #failover = new Failover(() => [this.writing, this.reading, this.maintaining])

  /** @param isOfTheServer whether an error tells that the server is gone, or takes no writes any more */
  constructor(
    open: Opens<Link>,
    { writers, readers }: { readonly writers: number; readonly readers: number },
    isOfTheServer: (error: unknown) => boolean,
  ) {
    const failed = (error: unknown): void => (isOfTheServer(error) ? this.#failover.found() : undefined)
    this.writing = new Pool(() => open.write(), writers, failed)
    this.reading = new Pool(() => open.read(), readers)
    this.maintaining = new Pool(() => open.maintain(), 1, failed)
  }

  /** A commit went through. */
  committed(): void {
    this.#failover.committed()
  }

  /** Waits for the calls under way, and closes. */
  async close(): Promise<void> {
    await this.reading.close()
    await this.writing.close()
    await this.maintaining.close()
  }
}
